/**
 * HTTP + JSON on the RPC port: one request at a time per connection, answers in order. `POST /?methodName=pkg.Service.Method` or
 * `POST /pkg.Service.Method` with the request as JSON, or the archived Java server's `/invoke`; `GET /` tells whether the instance serves. Spec: docs/protocols/srpc.md.
 */
import { type AppError, isAppError, toAppError } from "@msec/core";
import type { OutputBatcher } from "@msec/net";
import {
  appendHttpReply,
  FrameTooLarge,
  HTTP_CONTINUE,
  HttpBodyTooLarge,
  HttpHeadTooLarge,
  type HttpReply,
  type HttpRequest,
  type HttpRequestHead,
  HttpRequestInvalid,
  HttpRequestParser,
  httpStatusOf,
  messageFromJsonText,
  messageToJsonText,
  ProtoRequiredFieldMissing,
  type ProtoWriter,
  type WireError,
  wireErrorOf,
} from "@msec/protocol";
import { headOf, jsonTextOf } from "./http-reading.js";
import type { ServerCore } from "./server-core.js";
import type { RequestContext, ServerPeer } from "./server-peer.js";
import type { BoundMethod } from "./service-binding.js";

/** Number for "invalid package" (spec srpc.md §3). */
const ERR_INVALID_PACKAGE = -3;
/** Statuses of refused connections that HTTP knows better than the error's code does. */
const STATUS_BY_REASON: Readonly<Record<string, number>> = {
  [HttpHeadTooLarge.reason]: 431,
  [HttpBodyTooLarge.reason]: 413,
};

export interface HttpPeer extends ServerPeer {
  readonly core: ServerCore;
  readonly output: OutputBatcher<ProtoWriter>;
  /** Keep what arrives until `unblockInput()`. */
  blockInput(): void;
  unblockInput(): void;
  end(): void;
  destroy(error?: AppError): void;
}

export class HttpExchange {
  readonly #peer: HttpPeer;
  readonly #parser: HttpRequestParser;
  readonly #maxBodyBytes: number;
  /** Whole requests so far. */
  requests = 0;
  #current: HttpRequest | undefined;
  #isPumping = false;
  #isOver = false;
  /** Input has come although the last answer is given. */
  #hasLateInput = false;

  constructor(peer: HttpPeer, maxBodyBytes: number) {
    this.#peer = peer;
    this.#maxBodyBytes = maxBodyBytes;
    this.#parser = new HttpRequestParser({ maxBodyBytes });
  }

  /** A request waits for its answer. */
  get isBusy(): boolean {
    return this.#current !== undefined;
  }

  /**
   * Bytes of a request that the peer has begun and not finished; 0 while it waits for an answer. What comes behind the last answer
   * counts as one: who never stops sending has no longer than who never completes a request.
   */
  get incompleteBytes(): number {
    if (this.#isOver) return this.#hasLateInput ? 1 : 0;
    return this.isBusy ? 0 : this.#parser.incompleteBytes;
  }

  consume(bytes: Uint8Array, start: number, end: number): number {
    if (this.#isOver) this.#hasLateInput = true;
    else {
      this.#parser.push(bytes.subarray(start, end));
      this.#pump();
      if (this.isBusy) this.#peer.blockInput();
    }
    return end - start;
  }

  /** @throws what the mapping to JSON throws, PROTO_FRAME_TOO_LARGE; then nothing was written */
  answer(ctx: RequestContext, method: BoundMethod, response: unknown): void {
    const resultJson = messageToJsonText(method.type.output, response);
    this.#checkSize(resultJson);
    this.#reply({ ret: ctx.err, errmsg: "", resultJson });
  }

  answerError(ctx: RequestContext, error: WireError): void {
    this.#reply({ ret: error.err, errmsg: error.errMsg, reason: error.reason, requestId: ctx.requestId });
  }

  /** Starts the requests that have arrived, one after the other. */
  #pump(): void {
    this.#isPumping = true;
    try {
      while (this.#current === undefined && !this.#isOver) {
        const request = this.#parser.next();
        if (request === undefined) break;
        this.#current = request;
        this.requests++;
        this.#start(request);
      }
      if (this.#parser.takeContinue()) this.#peer.output.open().text(HTTP_CONTINUE);
    } catch (error) {
      this.#refuseConnection(error);
    } finally {
      this.#isPumping = false;
    }
  }

  #start(request: HttpRequest): void {
    const { core } = this.#peer;
    const { head } = request;
    const isInvoked = head.verb === "GET" && head.isInvokePath;
    if (head.verb !== "POST" && !isInvoked) {
      this.#answerStatus(head);
      return;
    }
    const ctx = core.createContext(this.#peer, headOf(head), "http");
    if (ctx.method === "") {
      const problem = "no method is named: POST /?methodName=package.Service.Method";
      core.refuse(ctx, new HttpRequestInvalid({ problem }), ERR_INVALID_PACKAGE);
      return;
    }
    const method = core.methods.get(ctx.method);
    const refusal = core.refusal(ctx, method);
    if (refusal !== undefined) {
      core.refuse(ctx, refusal);
      return;
    }
    if (isInvoked && !method!.type.isIdempotent) {
      const problem = `GET runs idempotent methods only (option idempotency_level): POST ${ctx.method}`;
      core.refuse(ctx, new HttpRequestInvalid({ problem }), ERR_INVALID_PACKAGE);
      return;
    }
    let message: unknown;
    try {
      message = messageFromJsonText(method!.type.input, jsonTextOf(request));
    } catch (error) {
      const isIncomplete = isAppError(error) && error.reason === ProtoRequiredFieldMissing.reason;
      core.refuse(ctx, toAppError(error), isIncomplete ? undefined : ERR_INVALID_PACKAGE);
      return;
    }
    core.run(ctx, method!, message);
  }

  /** `GET /` and `HEAD /`: for load balancers and curious people. Other verbs and paths are refused. */
  #answerStatus(head: HttpRequestHead): void {
    const { core } = this.#peer;
    const headOnly = head.verb === "HEAD";
    const refusal = refusalOf(head, core.methods.has(head.methodName));
    if (refusal !== undefined) {
      this.#reply({ ...refusal, headOnly });
      return;
    }
    const resultJson = JSON.stringify({ service: core.service, status: core.isStopping ? "stopping" : "serving" });
    this.#reply({ ret: 0, errmsg: "", resultJson, status: core.isStopping ? 503 : 200, headOnly });
  }

  #reply(reply: HttpReply): void {
    const request = this.#current;
    if (request === undefined || !this.#hasRoom()) return;
    const { isStopping, isHandingOver } = this.#peer.core;
    const { head } = request;
    const keepAlive = head.keepAlive && !isStopping && !isHandingOver;
    const status = reply.status ?? (head.wantsRealStatus ? httpStatusOf(reply.ret) : 200);
    appendHttpReply(this.#peer.output.open(), reply, { status, keepAlive, isHttp10: head.isHttp10 });
    this.#current = undefined;
    if (!keepAlive) this.#close();
    else if (!this.#isPumping) this.#resume();
  }

  /** After an answer that came later: first what the parser holds, then new bytes. */
  #resume(): void {
    this.#pump();
    if (!this.isBusy && !this.#isOver) this.#peer.unblockInput();
  }

  /** Rule for a peer that asks and never reads: it loses the connection. */
  #hasRoom(): boolean {
    try {
      this.#peer.output.check();
      return true;
    } catch (error) {
      this.#current = undefined;
      this.#isOver = true;
      this.#peer.destroy(isAppError(error) ? error : undefined);
      return false;
    }
  }

  #checkSize(resultJson: string): void {
    const limitBytes = this.#maxBodyBytes;
    // A UTF-16 unit takes three bytes at most: few answers need to be measured.
    if (resultJson.length * 3 <= limitBytes) return;
    const sizeBytes = Buffer.byteLength(resultJson);
    if (sizeBytes > limitBytes) throw new FrameTooLarge({ sizeBytes, limitBytes });
  }

  /** What came is no HTTP request: nothing after it can be trusted. */
  #refuseConnection(error: unknown): void {
    const { err, errMsg, reason } = wireErrorOf(error);
    const status = STATUS_BY_REASON[reason] ?? httpStatusOf(err);
    const reply = { ret: ERR_INVALID_PACKAGE, errmsg: errMsg, reason };
    appendHttpReply(this.#peer.output.open(), reply, { status, keepAlive: false, isHttp10: false });
    this.#close();
  }

  #close(): void {
    this.#isOver = true;
    this.#peer.end();
  }
}

/** Why a request with another verb than POST is not answered with the state of the instance. */
function refusalOf(head: HttpRequestHead, isKnownMethod: boolean): HttpReply | undefined {
  const { verb, path, target, methodName, isInvokePath } = head;
  if (isKnownMethod || isInvokePath) {
    const allow = isInvokePath ? "GET, POST" : "POST";
    return { ret: ERR_INVALID_PACKAGE, errmsg: `${verb} runs no method: POST it`, status: 405, allow };
  }
  const isRead = verb === "GET" || verb === "HEAD";
  if (isRead && path === "/" && methodName === "") return undefined;
  const reply = { ret: ERR_INVALID_PACKAGE, errmsg: `${verb} ${target} is not served: POST a method, or GET /` };
  return isRead ? { ...reply, status: 404 } : { ...reply, status: 405, allow: "GET, HEAD, POST" };
}
