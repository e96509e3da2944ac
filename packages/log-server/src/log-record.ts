/** What the store knows of a line and of a hop, and how it is read from an event. */
import type { LogEvent } from "@msec/protocol";

/** Lowest first; there is no WARN. */
export const LOG_LEVELS = ["TRACE", "DEBUG", "INFO", "ERROR", "FATAL"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];
const INFO = LOG_LEVELS.indexOf("INFO");

export interface StoredRecord {
  readonly recordId: string;
  readonly atMs: number;
  readonly level: string;
  readonly service: string;
  readonly machine: string;
  readonly requestId: string;
  readonly rpcName: string;
  readonly caller: string;
  readonly body: string;
  readonly fields: Record<string, string>;
}

/** One incoming request as the callee told it. */
export interface StoredHop {
  readonly hopId: number;
  readonly atMs: number;
  readonly startedAtMs: number;
  readonly service: string;
  readonly machine: string;
  readonly requestId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly method: string;
  readonly caller: string;
  readonly address: string;
  readonly protocol: string;
  readonly attempt: number;
  readonly costMs: number;
  readonly err: number;
  readonly reason: string;
  readonly calls: readonly HopCall[];
}

/** An attempt that the request made at another service. */
export interface HopCall {
  readonly target: string;
  readonly method: string;
  readonly address: string;
  readonly attempt: number;
  readonly startedAtMs: number;
  readonly costMs: number;
  readonly err: number;
  readonly reason: string;
  readonly spanId: string;
  /** Why this instance was taken, in words; "" unless the request was coloured. */
  readonly choice: string;
}

/** Columns of a row, in the order of the insert statements. */
export type RecordRow = readonly (string | number)[];

/** Headers that are columns. `IP` comes from the agent; the source's own address is more trustworthy. */
const COLUMN_HEADERS = new Set(["InsTime", "Level", "ServiceName", "IP", "ReqID", "RPCName", "Caller"]);

export function isHop(event: LogEvent): boolean {
  return event.headers.Kind === "hop";
}

/** at_ms, level, service, machine, request_id, rpc_name, caller, body, fields. */
export function recordRow(event: LogEvent, machine: string): RecordRow {
  const { headers, body, atMs } = event;
  const known = LOG_LEVELS.indexOf((headers.Level ?? "").toUpperCase() as LogLevel);
  const others = Object.entries(headers).filter(([key]) => !COLUMN_HEADERS.has(key));
  if (known < 0 && headers.Level) others.push(["Level", headers.Level]);
  if (headers.InsTime && headers.InsTime !== String(atMs)) others.push(["InsTime", headers.InsTime]);
  return storable([
    atMs,
    known < 0 ? INFO : known,
    headers.ServiceName ?? "",
    machine,
    requestIdOf(headers.ReqID),
    headers.RPCName ?? "",
    headers.Caller ?? "",
    body,
    JSON.stringify(Object.fromEntries(others)),
  ]);
}

/**
 * at_ms, started_at_ms, service, machine, request_id, span_id, parent_span_id, method, caller, address, protocol, attempt, cost_us,
 * err, reason, calls.
 */
export function hopRow(event: LogEvent, machine: string): RecordRow {
  const { headers, atMs } = event;
  return storable([
    atMs,
    wholeOf(headers.StartMs, atMs),
    headers.ServiceName ?? "",
    machine,
    requestIdOf(headers.ReqID),
    headers.SpanID ?? "",
    headers.ParentSpanID ?? "",
    headers.RPCName ?? "",
    headers.Caller ?? "",
    headers.Address ?? "",
    headers.Protocol ?? "",
    wholeOf(headers.Attempt, 0),
    wholeOf(headers.CostUs, 0),
    wholeOf(headers.Err, 0),
    headers.Reason ?? "",
    headers.Calls ?? "[]",
  ]);
}

/** Reads the list of a hop record; what is not readable is left out. */
export function parseCalls(text: string): HopCall[] {
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch {
    return [];
  }
  if (!Array.isArray(list)) return [];
  return list.flatMap((item: unknown) => {
    if (typeof item !== "object" || item === null) return [];
    const { t, m, a, n, s, c, e, r, i, w } = item as Record<string, unknown>;
    return [
      {
        target: textOf(t),
        method: textOf(m),
        address: textOf(a),
        attempt: numberOf(n),
        startedAtMs: numberOf(s),
        costMs: numberOf(c) / 1_000,
        err: numberOf(e),
        reason: textOf(r),
        spanId: textOf(i),
        choice: textOf(w),
      },
    ];
  });
}

/** SQLite ends a text at a NUL: its picture (U+2400) stands for it. */
function storable(row: RecordRow): RecordRow {
  return row.map((value) => (typeof value === "string" ? value.replaceAll("\0", "\u2400") : value));
}

/** Without leading zeros, so that each id has one text. */
function requestIdOf(text: string | undefined): string {
  return text !== undefined && /^\d{1,20}$/.test(text) ? text.replace(/^0+(?=\d)/, "") : "0";
}

function wholeOf(text: string | undefined, otherwise: number): number {
  const value = text === undefined || text === "" ? Number.NaN : Number(text);
  return Number.isSafeInteger(value) ? value : otherwise;
}

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");
const numberOf = (value: unknown): number => (typeof value === "number" && Number.isFinite(value) ? value : 0);
