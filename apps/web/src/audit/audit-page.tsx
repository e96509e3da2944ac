import type { AuditEntry } from "@msec/api-schema";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Alert, Button, Skeleton } from "antd";
import { api } from "../api/api.js";
import { useText } from "../i18n/use-text.js";
import { type Column, DataTable } from "../ui/data-table.js";
import { EmptyHint } from "../ui/empty-hint.js";
import { ErrorPanel } from "../ui/error-panel.js";
import { Page } from "../ui/page.js";
import { StateTag } from "../ui/state-tag.js";
import { Time } from "../ui/time.js";

const PAGE_SIZE = 100;

function useAudit() {
  return useInfiniteQuery({
    queryKey: ["audit.list", "pages"],
    queryFn: ({ pageParam }) =>
      api("audit.list", { query: { limit: PAGE_SIZE, ...(pageParam === 0 ? {} : { before: pageParam }) } }),
    initialPageParam: 0,
    getNextPageParam: (last) => (last.entries.length < PAGE_SIZE ? undefined : last.entries.at(-1)?.entryId),
  });
}

export function AuditPage() {
  const t = useText();
  const audit = useAudit();
  const pages = audit.data?.pages;
  const intact = pages?.every((page) => page.chainIntact) ?? true;
  const columns: Column<AuditEntry>[] = [
    { key: "at", title: t("common.time"), text: (entry) => entry.atMs, render: (entry) => <Time atMs={entry.atMs} /> },
    { key: "actor", title: t("audit.actor"), text: (entry) => entry.actor, filter: true },
    {
      key: "action",
      title: t("audit.action"),
      text: (entry) => entry.action,
      filter: true,
      render: (entry) => <span className="mono">{entry.action}</span>,
    },
    { key: "target", title: t("audit.target"), text: (entry) => entry.target },
    {
      key: "text",
      title: t("audit.text"),
      text: (entry) => entry.text,
      render: (entry) => <span className="wrap-anywhere">{entry.text}</span>,
    },
    { key: "id", title: t("audit.number"), text: (entry) => entry.entryId, numeric: true },
  ];
  return (
    <Page
      title={t("nav.audit")}
      documentTitle={t("nav.audit")}
      trail={[{ text: t("nav.admin") }, { text: t("nav.audit") }]}
      summary={pages && intact && <StateTag tone="well" word={t("audit.intact")} title={t("audit.chainText")} />}
    >
      {!intact && (
        <Alert
          type="error"
          showIcon
          className="gap-below"
          title={t("audit.broken")}
          description={t("audit.brokenText")}
        />
      )}
      {audit.error && (
        <ErrorPanel error={audit.error} onRetry={() => void audit.refetch()} kind={pages ? "stale" : "failed"} />
      )}
      {audit.isPending && <Skeleton active />}
      {pages && (
        <DataTable
          name="audit"
          rows={pages.flatMap((page) => page.entries)}
          rowKey={(entry) => String(entry.entryId)}
          columns={columns}
          empty={<EmptyHint title={t("audit.none")} />}
        />
      )}
      {audit.hasNextPage && (
        <Button className="more" loading={audit.isFetchingNextPage} onClick={() => void audit.fetchNextPage()}>
          {t("common.older")}
        </Button>
      )}
    </Page>
  );
}
