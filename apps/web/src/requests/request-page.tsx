import type { LogRecord, RequestGraph } from "@msec/api-schema";
import { Alert } from "antd";
import { useMemo, useState } from "react";
import { useParams } from "react-router";
import { useApi } from "../api/use-api.js";
import { formatDateTime, formatDuration } from "../format/format.js";
import { CallGraph } from "../graph/call-graph.js";
import { type Translate, useText } from "../i18n/use-text.js";
import { LogList } from "../logs/log-list.js";
import { RecordDrawer } from "../logs/record-drawer.js";
import { Copyable } from "../ui/copyable.js";
import { EmptyHint } from "../ui/empty-hint.js";
import { Page, Section } from "../ui/page.js";
import { QueryView } from "../ui/query-view.js";
import { HopTable } from "./hop-table.js";
import { requestGraph } from "./request-graph.js";
import { Waterfall } from "./waterfall.js";

/** Why did this one fail: verdict, who called whom, where the time went, all lines in order. */
export function RequestPage() {
  const t = useText();
  const { requestId = "" } = useParams();
  const query = useApi("requests.get", { params: { requestId } });
  return (
    <Page
      title={
        <>
          {t("request.title")} <Copyable value={requestId} />
        </>
      }
      documentTitle={t("request.titleOf", { requestId })}
      trail={[{ text: t("nav.logs"), to: `/logs?request=${requestId}` }, { text: requestId }]}
    >
      <QueryView query={query}>{(data) => <RequestBody request={data} />}</QueryView>
    </Page>
  );
}

const graphWords = (t: Translate) => ({
  outside: t("request.outside"),
  edge: ({ calls, costMs }: RequestGraph["edges"][number]) =>
    calls > 1 ? t("request.edge", { n: calls, cost: formatDuration(costMs) }) : formatDuration(costMs),
});

function RequestBody({ request }: { readonly request: RequestGraph }) {
  const t = useText();
  const [open, setOpen] = useState<LogRecord>();
  const graph = useMemo(() => requestGraph(request, graphWords(t)), [request, t]);
  return (
    <>
      <Alert
        type={request.failed ? "error" : "success"}
        showIcon
        title={<strong>{request.verdict}</strong>}
        description={t("request.facts", {
          at: formatDateTime(request.startedAtMs),
          cost: formatDuration(request.costMs),
          n: request.hops.length,
        })}
      />
      {graph.nodes.length > 0 && (
        <Section title={t("request.graph")}>
          <CallGraph nodes={graph.nodes} edges={graph.edges} label={t("request.graph")} />
        </Section>
      )}
      {request.hops.length > 0 && (
        <Section title={t("request.waterfall")}>
          <Waterfall hops={request.hops} />
        </Section>
      )}
      <Section title={t("request.lines")}>
        {request.records.length === 0 ? (
          <EmptyHint title={t("request.noLines")} text={t("request.noLinesText")} />
        ) : (
          <LogList records={request.records} height={420} onOpen={setOpen} />
        )}
      </Section>
      {request.hops.length > 0 && (
        <Section title={t("request.hops")}>
          <HopTable hops={request.hops} />
        </Section>
      )}
      <RecordDrawer record={open} onClose={() => setOpen(undefined)} />
    </>
  );
}
