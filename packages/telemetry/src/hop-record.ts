/**
 * The record that every request leaves behind, whatever the level: from these the console draws call graphs. Fields and their units:
 * docs/reference/metrics.md, "Hop records".
 */

/** What is read of a request. `IncomingRequest` of `@msec/rpc` has this shape. */
export interface HopFacts {
  readonly service: string;
  readonly method: string;
  readonly caller: string;
  readonly protocol: string;
  readonly requestId: string;
  readonly coloring: boolean;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly attempt: number;
  readonly clientAddress: string;
  readonly serverAddress: string;
  readonly startedAtMs: number;
  readonly costMs: number;
  readonly err: number;
  readonly reason: string;
  readonly calls: readonly HopCall[];
}

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
}

/** Attempts listed in one record. */
export const MAX_HOP_CALLS = 20;
/** An event may have 10240 bytes; the list gets what the other fields leave in any case. */
const MAX_CALLS_BYTES = 6_000;

const micros = (ms: number): number => Math.max(0, Math.round(ms * 1_000));

/** `ip` of `ip:port`. */
function ipOf(address: string): string {
  const colon = address.lastIndexOf(":");
  return colon < 0 ? address : address.slice(0, colon);
}

export interface LogRecord {
  readonly headers: Record<string, string>;
  readonly body: string;
}

/** @param nowMs time of the record, ms since the epoch */
export function hopRecord(request: HopFacts, nowMs: number): LogRecord {
  return {
    headers: {
      Kind: "hop",
      ...requestFields(request),
      InsTime: String(Math.round(nowMs)),
      SpanID: request.spanId,
      ParentSpanID: request.parentSpanId,
      Attempt: String(request.attempt),
      StartMs: String(Math.round(request.startedAtMs)),
      CostUs: String(micros(request.costMs)),
      Err: String(request.err),
      Reason: request.reason,
      Address: request.serverAddress,
      Protocol: request.protocol,
      Calls: callsText(request.calls),
      Level: "INFO",
    },
    body: "hop",
  };
}

/** What {@link requestFields} reads. */
export type RequestFieldFacts = Pick<
  HopFacts,
  "service" | "method" | "caller" | "requestId" | "coloring" | "clientAddress" | "serverAddress"
>;

/** Fields that every record of a request has. */
export function requestFields(request: RequestFieldFacts): Record<string, string> {
  return {
    ReqID: request.requestId,
    ClientIP: ipOf(request.clientAddress),
    ServerIP: ipOf(request.serverAddress),
    RPCName: request.method,
    Caller: request.caller,
    ServiceName: request.service,
    Coloring: request.coloring ? "1" : "0",
  };
}

/** The same fields outside of any request. */
export function processFields(service: string): Record<string, string> {
  const none = { ReqID: "0", ClientIP: "0", ServerIP: "0", RPCName: "0", Caller: "0" };
  return { ...none, ServiceName: service, Coloring: "0" };
}

function callsText(calls: readonly HopCall[]): string {
  if (calls.length === 0) return "[]";
  const parts: string[] = [];
  let bytes = 2;
  for (const call of calls.slice(0, MAX_HOP_CALLS)) {
    const text = JSON.stringify({
      t: call.target,
      m: call.method,
      a: call.address,
      n: call.attempt,
      s: Math.round(call.startedAtMs),
      c: micros(call.costMs),
      e: call.err,
      r: call.reason,
      i: call.spanId,
    });
    bytes += Buffer.byteLength(text) + 1;
    if (bytes > MAX_CALLS_BYTES) break;
    parts.push(text);
  }
  return `[${parts.join(",")}]`;
}
