import type { LogRecord } from "@msec/api-schema";
import { useState } from "react";
import { formatLogTime } from "../format/format.js";
import { useText } from "../i18n/use-text.js";
import { lineText } from "./line-text.js";
import { visibleRows } from "./log-filter.js";

interface LogListProps {
  readonly records: readonly LogRecord[];
  readonly showService?: boolean;
  readonly height?: number;
  readonly onOpen: (record: LogRecord) => void;
}

const ROW_HEIGHT = 24;

/** Log lines of fixed height; only those in sight exist, so thousands scroll smoothly. */
export function LogList({ records, showService = true, height = 560, onOpen }: LogListProps) {
  const t = useText();
  const [scrollTop, setScrollTop] = useState(0);
  const [from, to] = visibleRows(scrollTop, height, ROW_HEIGHT);
  const full = records.length * ROW_HEIGHT;
  return (
    <section
      className="log-list"
      aria-label={t("logs.lines")}
      style={{ height: Math.min(height, full + 2) }}
      onScroll={(event) => setScrollTop(event.currentTarget.scrollTop)}
    >
      <div style={{ height: full, position: "relative" }}>
        {records.slice(from, to).map((record, index) => (
          <button
            type="button"
            key={record.recordId}
            className={`log-row level-${record.level}`}
            style={{ top: (from + index) * ROW_HEIGHT, height: ROW_HEIGHT }}
            onClick={() => onOpen(record)}
          >
            <time>{formatLogTime(record.atMs)}</time>
            <span className="log-level">{record.level}</span>
            {showService && <span className="log-service">{record.service}</span>}
            <span className="log-machine">{record.machine}</span>
            <span className="log-body">{lineText(record)}</span>
          </button>
        ))}
      </div>
    </section>
  );
}
