import { ERROR_CODES } from "@msec/core";
import { ProtoWriter } from "../protobuf/writer.js";
import { codeOfErrorNumber } from "./error-numbers.js";

/** An answer of the HTTP entrance, as the original words it plus `reason`. */
export interface HttpReply {
  /** 0 or the SRPC error number. */
  readonly ret: number;
  /** Empty for `ret` 0. */
  readonly errmsg: string;
  /** Open error reason; left out of the body when empty or absent. */
  readonly reason?: string;
  /** `resultObj` as JSON text (from `messageToJsonText`), pasted as it is. Absent: no result. */
  readonly resultJson?: string;
  /** Whatever `ret` says; see {@link httpStatusOf}. Default: as the client asked. */
  readonly status?: number;
  /** Verbs that the path takes, of an answer 405: `GET, POST`. */
  readonly allow?: string;
  /** Decimal flow id of the request, so that who was refused can ask for what was logged of it. */
  readonly requestId?: string;
  /** Answer to HEAD: headers only, with the length the body would have. */
  readonly headOnly?: boolean;
}

/** How an answer leaves; apart from it, so that no object is copied per answer. */
export interface HttpDelivery {
  readonly status: number;
  /** False adds `Connection: close`; the caller closes after the write. */
  readonly keepAlive: boolean;
  /** The client speaks HTTP/1.0, so it is told that the connection stays open. */
  readonly isHttp10: boolean;
}

/** What a client that sent `Expect: 100-continue` waits for. */
export const HTTP_CONTINUE = "HTTP/1.1 100 Continue\r\n\r\n";

/** An overload, or an instance that goes, is over or elsewhere in about a second. */
const RETRY_AFTER = "Retry-After: 1\r\n";

const STATUS_TEXT: Readonly<Record<number, string>> = {
  200: "OK",
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  409: "Conflict",
  412: "Precondition Failed",
  413: "Content Too Large",
  429: "Too Many Requests",
  431: "Request Header Fields Too Large",
  499: "Client Closed Request",
  500: "Internal Server Error",
  501: "Not Implemented",
  503: "Service Unavailable",
  504: "Gateway Timeout",
};

const body = new ProtoWriter(1024);

/** The real HTTP status of an outcome, for clients that ask for it. */
export function httpStatusOf(ret: number): number {
  return ret === 0 ? 200 : ERROR_CODES[codeOfErrorNumber(ret)].httpStatus;
}

/** Appends the whole answer: status line, headers, body. */
export function appendHttpReply(writer: ProtoWriter, reply: HttpReply, delivery: HttpDelivery): void {
  const { status } = delivery;
  body.reset().text(replyText(reply));
  writer.text(
    `HTTP/1.1 ${status} ${STATUS_TEXT[status] ?? "Other"}\r\nContent-Type: application/json; charset=UTF-8\r\n` +
      `Content-Length: ${body.length}\r\n${moreHeaders(reply, delivery)}\r\n`,
  );
  if (reply.headOnly !== true) writer.raw(body.view());
}

function moreHeaders({ allow, requestId }: HttpReply, { status, keepAlive, isHttp10 }: HttpDelivery): string {
  let headers = keepAlive ? (isHttp10 ? "Connection: keep-alive\r\n" : "") : "Connection: close\r\n";
  if (allow !== undefined) headers += `Allow: ${allow}\r\n`;
  if (requestId !== undefined) headers += `X-Request-Id: ${requestId}\r\n`;
  if (status === 429 || status === 503) headers += RETRY_AFTER;
  return headers;
}

/** {@link appendHttpReply} into an array of its own. */
export function formatHttpReply(reply: HttpReply, delivery: HttpDelivery): Uint8Array {
  const writer = new ProtoWriter(512);
  appendHttpReply(writer, reply, delivery);
  return writer.finish();
}

/** Spacing as the original's, which some clients cut apart by hand. */
function replyText(reply: HttpReply): string {
  const reason = reply.reason ? `, "reason":${JSON.stringify(reply.reason)}` : "";
  const start = `{"ret":${Math.trunc(reply.ret)}, "errmsg":${JSON.stringify(reply.errmsg)}${reason}`;
  return reply.resultJson === undefined ? `${start} }` : `${start}, "resultObj": ${reply.resultJson}}`;
}
