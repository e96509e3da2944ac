/** From an HTTP request to what the runtime works with: a head, and the message as JSON text. */
import {
  createHead,
  type HttpRequest,
  type HttpRequestHead,
  HttpRequestInvalid,
  type RpcHead,
  resetHead,
} from "@msec/protocol";
import { userHashOf } from "../call-priority.js";

/** Name of callers that give none (original's default). */
const DEFAULT_CALLER = "http.json";

const requestHead = createHead();
const utf8 = new TextDecoder("utf-8", { fatal: true });

/** The message; an empty body is the empty message. Bodies for `/invoke` may be percent-encoded, as Java clients had to. */
export function jsonTextOf(request: HttpRequest): string {
  const { param, isInvokePath } = request.head;
  const text = param === "" ? decodeText(request.body) : param;
  if (text === "") return "{}";
  return isInvokePath && text.startsWith("%") ? decodePercent(text) : text;
}

function decodeText(body: Uint8Array): string {
  try {
    return utf8.decode(body);
  } catch (cause) {
    throw new HttpRequestInvalid({ problem: "the body is not UTF-8" }, { cause });
  }
}

function decodePercent(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch (cause) {
    throw new HttpRequestInvalid({ problem: "the body is not percent-encoded UTF-8" }, { cause });
  }
}

/** The same head object each time. */
export function headOf(request: HttpRequestHead): RpcHead {
  resetHead(requestHead);
  requestHead.methodName = request.methodName;
  requestHead.caller = request.caller === "" ? DEFAULT_CALLER : request.caller;
  requestHead.timeoutMs = request.timeoutMs;
  requestHead.flowIdHigh = request.flowIdHigh;
  requestHead.flowIdLow = request.flowIdLow;
  requestHead.parentSpanIdHigh = request.parentSpanIdHigh;
  requestHead.parentSpanIdLow = request.parentSpanIdLow;
  requestHead.priority = request.priority;
  requestHead.userHash = request.user === "" ? 0 : userHashOf(request.user);
  requestHead.coloring = request.coloring ? 1 : 0;
  return requestHead;
}
