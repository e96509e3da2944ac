/** What an HTTP request says about itself in headers, as frames say it in their heads. Table: docs/protocols/srpc.md. */
import { HIGHEST_PRIORITY } from "./head.js";
import { failHttp } from "./http-failure.js";

/** Headers of the context. What is absent is 0, "" or false, as in a head. */
export interface HttpContext {
  /** `x-request-id` if it is decimal, else the lower half of the trace id of `traceparent`. */
  readonly flowIdHigh: number;
  readonly flowIdLow: number;
  /** The parent's span of `traceparent`. */
  readonly parentSpanIdHigh: number;
  readonly parentSpanIdLow: number;
  /** Header `x-msec-timeout-ms`. */
  readonly timeoutMs: number;
  /** Header `x-msec-priority` plus 1, as heads carry it. */
  readonly priority: number;
  /** Header `x-msec-user`. */
  readonly user: string;
  /** Header `x-msec-coloring`. */
  readonly coloring: boolean;
}

type Headers = ReadonlyMap<string, string>;

const DECIMAL = /^[0-9]{1,15}$/;
const FLOW_ID = /^[1-9][0-9]{0,19}$/;
/** W3C Trace Context, §3.2: version 00, and what later versions must begin with. */
const TRACEPARENT =
  /^(?!ff)[0-9a-f]{2}-[0-9a-f]{16}([0-9a-f]{8})([0-9a-f]{8})-([0-9a-f]{8})([0-9a-f]{8})-[0-9a-f]{2}(?:-|$)/;
const MAX_UINT32 = 0xffff_ffff;
const UINT32_N = 0xffff_ffffn;
const MAX_USER_CHARS = 256;

/** @throws PROTO_HTTP_INVALID for our own headers; ids of others are ignored when they can't be read */
export function readHttpContext(headers: Headers): HttpContext {
  const [traceHigh, traceLow, parentHigh, parentLow] = traceOf(headers);
  const [flowIdHigh, flowIdLow] = flowIdOf(headers) ?? [traceHigh, traceLow];
  const priority = integerOf(headers, "x-msec-priority", HIGHEST_PRIORITY);
  return {
    flowIdHigh,
    flowIdLow,
    parentSpanIdHigh: parentHigh,
    parentSpanIdLow: parentLow,
    timeoutMs: integerOf(headers, "x-msec-timeout-ms", MAX_UINT32) ?? 0,
    priority: priority === undefined ? 0 : priority + 1,
    user: userOf(headers),
    coloring: integerOf(headers, "x-msec-coloring", 1) === 1,
  };
}

function traceOf(headers: Headers): readonly [number, number, number, number] {
  const text = headers.get("traceparent");
  const match = text === undefined ? null : TRACEPARENT.exec(text);
  if (!match) return [0, 0, 0, 0];
  const word = (index: number): number => Number.parseInt(match[index] ?? "0", 16);
  return [word(1), word(2), word(3), word(4)];
}

function flowIdOf(headers: Headers): readonly [number, number] | undefined {
  const text = headers.get("x-request-id");
  if (text === undefined || !FLOW_ID.test(text)) return undefined;
  const flowId = BigInt.asUintN(64, BigInt(text));
  return [Number(flowId >> 32n), Number(flowId & UINT32_N)];
}

function integerOf(headers: Headers, name: string, max: number): number | undefined {
  const text = headers.get(name);
  if (text === undefined) return undefined;
  if (!DECIMAL.test(text) || Number(text) > max) failHttp(`header ${name} must be an integer from 0 to ${max}`);
  return Number(text);
}

function userOf(headers: Headers): string {
  const user = headers.get("x-msec-user") ?? "";
  if (user.length > MAX_USER_CHARS) failHttp(`header x-msec-user must have at most ${MAX_USER_CHARS} characters`);
  return user;
}
