import type { LogRecord } from "@msec/api-schema";
import { Button, Skeleton } from "antd";
import { useState } from "react";
import { useText } from "../i18n/use-text.js";
import { RangeControl } from "../range/range-control.js";
import { useRange } from "../range/use-range.js";
import { EmptyHint } from "../ui/empty-hint.js";
import { ErrorPanel } from "../ui/error-panel.js";
import { StateTag } from "../ui/state-tag.js";
import { FilterBar } from "./filter-bar.js";
import { Histogram } from "./histogram.js";
import { LogList } from "./log-list.js";
import { RecordDrawer } from "./record-drawer.js";
import { useLogs } from "./use-logs.js";

/** Find it: filter, histogram to drag a range on, rows, all fields of one row. */
export function LogsView({ service }: { readonly service: string }) {
  const t = useText();
  const { range, setRange } = useRange();
  const { query, records, histogram } = useLogs(service);
  const [open, setOpen] = useState<LogRecord>();
  return (
    <div className={query.isPlaceholderData ? "dimmed" : ""}>
      <div className="toolbar">
        <RangeControl />
        {range.kind === "live" && <StateTag tone="working" word={t("logs.tail")} />}
      </div>
      <FilterBar />
      {query.error && (
        <ErrorPanel error={query.error} onRetry={() => void query.refetch()} kind={query.data ? "stale" : "failed"} />
      )}
      {query.isPending && <Skeleton active paragraph={{ rows: 8 }} />}
      {histogram && <Histogram {...histogram} onSelect={(fromMs, toMs) => setRange({ kind: "fixed", fromMs, toMs })} />}
      {query.data && records.length === 0 && <EmptyHint title={t("logs.none")} text={t("logs.noneText")} />}
      {records.length > 0 && <LogList records={records} showService={service === ""} onOpen={setOpen} />}
      <div className="log-foot">
        {query.hasNextPage && (
          <Button size="small" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
            {t("common.older")}
          </Button>
        )}
        {records.length > 0 && <span className="faint">{t("logs.shown", { n: records.length })}</span>}
      </div>
      <RecordDrawer record={open} onClose={() => setOpen(undefined)} />
    </div>
  );
}
