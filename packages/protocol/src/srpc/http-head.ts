/**
 * Request line and headers of an HTTP/1.1 request on the RPC port. Stricter than the RFC demands of a recipient: lines end with CRLF,
 * no folded lines, at most one Content-Length and never together with Transfer-Encoding, so two parties can't disagree on where a
 * request ends. For the same reason only ASCII has a meaning there: no other blanks are trimmed, no look-alike letter is folded.
 */

import { type HttpContext, readHttpContext } from "./http-context.js";
import { failHttp } from "./http-failure.js";

/** Everything but the body. */
export interface HttpRequestHead extends HttpContext {
  /** `POST`, `GET`, `HEAD`, … as sent. */
  readonly verb: string;
  /** As sent, query included. */
  readonly target: string;
  /** Decoded, without host and query; `/` when the target names a host alone. */
  readonly path: string;
  /** Decoded parameter `methodName`, or the path when it looks like `/pkg.Service.Method`; else empty. */
  readonly methodName: string;
  /** The path is `/invoke` in any case, the only one of the archived Java server that ran methods. */
  readonly isInvokePath: boolean;
  /** Parameter `param` of the `/invoke` path, which stands for the body; empty when absent. */
  readonly param: string;
  /** Header `caller`; empty when absent. */
  readonly caller: string;
  /** The client wants the HTTP status to tell the outcome (`?status=real` or `x-msec-status: real`). */
  readonly wantsRealStatus: boolean;
  /** The connection may carry further requests. */
  readonly keepAlive: boolean;
  /** Such a client goes on only when the answer says that it may. */
  readonly isHttp10: boolean;
  readonly expectsContinue: boolean;
  /** Header names in lower case. A header that comes twice has its values joined by ", ". */
  readonly headers: ReadonlyMap<string, string>;
}

export interface ParsedHead {
  readonly head: HttpRequestHead;
  /** Bytes of the body; `undefined` = chunked. */
  readonly contentLength: number | undefined;
}

const REQUEST_LINE = /^([A-Z]{1,16}) ([!-~\u0080-\uffff]+) HTTP\/1\.([01])$/;
const HEADER_NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const CHUNKED = /^chunked$/i;
const DECIMAL = /^[0-9]{1,15}$/;
const METHOD_PATH = /^\/[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+$/;
const INVOKE_PATH = "/invoke";

/** @param text the head without the empty line that ends it. @throws PROTO_HTTP_INVALID */
export function parseHttpHead(text: string): ParsedHead {
  const [requestLine = "", ...lines] = text.split("\r\n");
  const match = REQUEST_LINE.exec(requestLine);
  if (!match) failHttp("the request line is not `VERB target HTTP/1.1`");
  const [, verb = "", target = "", minor] = match;
  const headers = parseHeaders(lines);
  const { path, query } = splitTarget(target);
  const isHttp10 = minor === "0";
  const isInvokePath = path.toLowerCase() === INVOKE_PATH;
  const head: HttpRequestHead = {
    ...readHttpContext(headers),
    verb,
    target,
    path,
    methodName: query.get("methodName") ?? (METHOD_PATH.test(path) ? path.slice(1) : ""),
    isInvokePath,
    param: isInvokePath ? (query.get("param") ?? "") : "",
    caller: headers.get("caller") ?? "",
    wantsRealStatus: query.get("status") === "real" || headers.get("x-msec-status")?.toLowerCase() === "real",
    keepAlive: keepsAlive(headers, !isHttp10),
    isHttp10,
    expectsContinue: expectsContinue(headers) && !isHttp10,
    headers,
  };
  return { head, contentLength: bodyLength(headers, isHttp10) };
}

function parseHeaders(lines: readonly string[]): Map<string, string> {
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(":");
    const sent = line.slice(0, Math.max(colon, 0));
    if (!HEADER_NAME.test(sent) || hasControlCharacter(line)) failHttp("a header line is not `name: value`");
    const name = sent.toLowerCase();
    const value = valueBehind(line, colon);
    const before = headers.get(name);
    headers.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  return headers;
}

/** What follows the colon, without the spaces and tabs around it. */
function valueBehind(line: string, colon: number): string {
  let start = colon + 1;
  let end = line.length;
  while (isBlank(line.charCodeAt(start))) start++;
  while (end > start && isBlank(line.charCodeAt(end - 1))) end--;
  return line.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

function hasControlCharacter(line: string): boolean {
  for (let i = 0; i < line.length; i++) {
    const code = line.charCodeAt(i);
    if ((code < 0x20 && code !== 0x09) || code === 0x7f) return true;
  }
  return false;
}

/** Path (decoded) and query (first value of each parameter, decoded). Accepts the absolute form that proxies get. */
function splitTarget(target: string): { path: string; query: ReadonlyMap<string, string> } {
  const local = target.replace(/^https?:\/\/[^/?]*/i, "");
  const mark = local.indexOf("?");
  const path = decodePath(mark < 0 ? local : local.slice(0, mark));
  const query = new Map<string, string>();
  for (const pair of mark < 0 ? [] : local.slice(mark + 1).split("&")) {
    const equals = pair.indexOf("=");
    const name = decodeParameter(equals < 0 ? pair : pair.slice(0, equals));
    if (!query.has(name)) query.set(name, equals < 0 ? "" : decodeParameter(pair.slice(equals + 1)));
  }
  return { path, query };
}

function decodePath(path: string): string {
  if (path === "") return "/";
  try {
    return path.includes("%") ? decodeURIComponent(path) : path;
  } catch {
    // Beside the parameter `methodName` a path means nothing.
    return path;
  }
}

function decodeParameter(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    failHttp("the query is not valid percent-encoded UTF-8");
  }
}

function keepsAlive(headers: ReadonlyMap<string, string>, byDefault: boolean): boolean {
  const options = (headers.get("connection") ?? "").toLowerCase().split(",");
  if (options.some((option) => option.trim() === "close")) return false;
  return byDefault || options.some((option) => option.trim() === "keep-alive");
}

function expectsContinue(headers: ReadonlyMap<string, string>): boolean {
  const expectation = headers.get("expect");
  if (expectation === undefined) return false;
  if (expectation.toLowerCase() !== "100-continue") failHttp("header Expect may only be 100-continue");
  return true;
}

function bodyLength(headers: ReadonlyMap<string, string>, isHttp10: boolean): number | undefined {
  const coding = headers.get("content-encoding");
  if (coding !== undefined && coding !== "" && coding.toLowerCase() !== "identity") {
    failHttp("Content-Encoding is not supported, send the body as it is");
  }
  const length = headers.get("content-length");
  const transfer = headers.get("transfer-encoding");
  if (transfer !== undefined) {
    if (length !== undefined) failHttp("Content-Length and Transfer-Encoding exclude each other");
    if (isHttp10) failHttp("HTTP/1.0 knows no Transfer-Encoding");
    if (!CHUNKED.test(transfer)) failHttp("Transfer-Encoding may only be chunked");
    return undefined;
  }
  if (length === undefined) return 0;
  if (!DECIMAL.test(length)) failHttp("Content-Length must be one decimal number");
  return Number(length);
}
