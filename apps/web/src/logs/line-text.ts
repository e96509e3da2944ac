import type { LogRecord } from "@msec/api-schema";
import { formatDuration } from "../format/format.js";

/** What a line shows: its body; of an automatic hop record who called what, how long it took and what came of it. */
export function lineText(record: LogRecord): string {
  const { Kind, CostUs, Err, Reason } = record.fields;
  if (Kind !== "hop") return record.body;
  const cost = CostUs === undefined ? "" : formatDuration(Number(CostUs) / 1000);
  const result = Err === undefined || Err === "0" ? "" : `${Err} ${Reason ?? ""}`;
  return [`${record.caller || "?"} → ${record.rpcName}`, cost, result.trim()].filter(Boolean).join(" · ");
}
