/**
 * One end of a link: sends requests and serves the other side's. Format: packages/protocol/src/link.
 * Parameters are checked against their schema before a handler sees them, replies before a caller does.
 */
import type { Duplex } from "node:stream";
import { errorFromBody, type Logger, toAppError } from "@msec/core";
import {
  encodeLinkFrame,
  encodeLinkRequest,
  type LinkFrame,
  type LinkHeader,
  LinkMethodUnknown,
  LinkParamsInvalid,
} from "@msec/protocol";
import type { Static, TSchema } from "typebox";
import { Value } from "typebox/value";
import { LinkBusy, LinkClosed, LinkTimeout } from "./errors.js";
import { LinkFrameBuffer } from "./frame-buffer.js";

/** A side that reads so slowly that this much waits to be sent is cut off: it would otherwise take all memory. */
const MAX_UNSENT_BYTES = 32 * 1024 * 1024;

/** Requests by method, with the schema of parameters and result. */
export type LinkContract = Readonly<Record<string, { readonly request: TSchema; readonly reply: TSchema }>>;

export interface LinkReply<R> {
  readonly result: R;
  /** Raw bytes that go with the result; at most about 4 MiB. */
  readonly payload?: Uint8Array;
}

export type LinkHandlers<C extends LinkContract> = {
  readonly [M in keyof C]?: (
    params: Static<C[M]["request"]>,
    payload: Uint8Array,
  ) => Promise<LinkReply<Static<C[M]["reply"]>>> | LinkReply<Static<C[M]["reply"]>>;
};

export interface LinkPeerOptions<Mine extends LinkContract, Theirs extends LinkContract> {
  /** What this side serves. */
  readonly serves: Mine;
  /** What the other side serves. */
  readonly asks: Theirs;
  readonly handlers: LinkHandlers<Mine>;
  readonly logger: Logger;
  /** Most requests under way in each direction; further ones are refused (`NET_LINK_BUSY`). Default 256. */
  readonly maxInFlight?: number;
  /** Largest frame that is taken, see {@link LinkPeer.allowFrames}. Default 4 MiB. */
  readonly maxFrameBytes?: number;
  /** Most bytes that may wait to be sent; above it the link is closed. Default 32 MiB. */
  readonly maxUnsentBytes?: number;
  onClose?(why: string): void;
}

interface Waiting {
  readonly method: string;
  readonly timer: NodeJS.Timeout;
  resolve(frame: LinkFrame): void;
  reject(error: Error): void;
}

export class LinkPeer<Mine extends LinkContract, Theirs extends LinkContract> {
  readonly #socket: Duplex;
  readonly #options: LinkPeerOptions<Mine, Theirs>;
  readonly #waiting = new Map<number, Waiting>();
  readonly #maxInFlight: number;
  readonly #arrived: LinkFrameBuffer;
  #nextId = 1;
  #serving = 0;
  #closedWhy: string | undefined;

  constructor(socket: Duplex, options: LinkPeerOptions<Mine, Theirs>) {
    this.#socket = socket;
    this.#options = options;
    this.#maxInFlight = options.maxInFlight ?? 256;
    this.#arrived = new LinkFrameBuffer(options.maxFrameBytes);
    socket.on("data", (chunk: Uint8Array) => this.#onData(chunk));
    socket.on("error", (error) => this.close(error.message));
    socket.on("close", () => this.close("the other side hung up"));
  }

  get isClosed(): boolean {
    return this.#closedWhy !== undefined;
  }

  /** Changes the largest frame that is taken, e.g. once it is known who the other side is. */
  allowFrames(maxFrameBytes: number): void {
    this.#arrived.maxFrameBytes = maxFrameBytes;
  }

  /** Asks the other side. @throws what its handler threw, {LinkTimeout}, {LinkClosed} or {LinkBusy} */
  async request<M extends keyof Theirs & string>(
    method: M,
    params: Static<Theirs[M]["request"]>,
    options: { readonly timeoutMs?: number; readonly payload?: Uint8Array } = {},
  ): Promise<{ readonly result: Static<Theirs[M]["reply"]>; readonly payload: Uint8Array }> {
    const id = this.#beginRequest();
    const frame = encodeLinkFrame({ kind: "request", id, method, params }, options.payload);
    return this.#ask(id, method, { pieces: [frame], timeoutMs: options.timeoutMs });
  }

  /**
   * The same with parameters that are JSON text already, in pieces that many peers may share. They are not checked here.
   *
   * @throws as {@link request}
   */
  async requestEncoded<M extends keyof Theirs & string>(
    method: M,
    params: readonly Uint8Array[],
    options: { readonly timeoutMs?: number } = {},
  ): Promise<{ readonly result: Static<Theirs[M]["reply"]>; readonly payload: Uint8Array }> {
    const id = this.#beginRequest();
    return this.#ask(id, method, { pieces: encodeLinkRequest(id, method, params), timeoutMs: options.timeoutMs });
  }

  #beginRequest(): number {
    if (this.#closedWhy !== undefined) throw new LinkClosed({ why: this.#closedWhy });
    if (this.#waiting.size >= this.#maxInFlight) throw new LinkBusy({ limit: this.#maxInFlight });
    return this.#nextId++;
  }

  async #ask<M extends keyof Theirs & string>(
    id: number,
    method: M,
    sending: { readonly pieces: readonly Uint8Array[]; readonly timeoutMs: number | undefined },
  ): Promise<{ readonly result: Static<Theirs[M]["reply"]>; readonly payload: Uint8Array }> {
    const { pieces, timeoutMs = 10_000 } = sending;
    const answer = await new Promise<LinkFrame>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(id);
        reject(new LinkTimeout({ method, timeoutMs }));
      }, timeoutMs);
      this.#waiting.set(id, { method, timer, resolve, reject });
      this.#write(pieces);
    });
    const header = answer.header as Extract<LinkHeader, { kind: "reply" }>;
    const schema = this.#options.asks[method]?.reply;
    if (schema) checkParams(method, schema, header.result);
    return { result: header.result as Static<Theirs[M]["reply"]>, payload: answer.payload };
  }

  /** Ends the link; whatever waits is rejected with {LinkClosed}. */
  close(why = "closed by this side"): void {
    if (this.#closedWhy !== undefined) return;
    this.#closedWhy = why;
    this.#socket.destroy();
    this.#arrived.clear();
    for (const waiting of this.#waiting.values()) {
      clearTimeout(waiting.timer);
      waiting.reject(new LinkClosed({ why }));
    }
    this.#waiting.clear();
    this.#options.onClose?.(why);
  }

  #onData(chunk: Uint8Array): void {
    if (this.#closedWhy !== undefined) return;
    try {
      this.#arrived.push(chunk);
      for (let frame = this.#arrived.next(); frame; frame = this.#arrived.next()) this.#onFrame(frame);
    } catch (error) {
      const { reason, message } = toAppError(error);
      this.#options.logger.warn("link frame refused", { reason, message });
      this.close(message);
    }
  }

  #onFrame(frame: LinkFrame): void {
    const { header } = frame;
    if (header.kind === "request") {
      void this.#serve(header, frame.payload.slice());
      return;
    }
    const waiting = this.#waiting.get(header.id);
    if (!waiting) return;
    this.#waiting.delete(header.id);
    clearTimeout(waiting.timer);
    if (header.kind === "failure") waiting.reject(errorFromBody(Object(header.error) as object));
    else waiting.resolve({ header, payload: frame.payload.slice() });
  }

  async #serve(header: Extract<LinkHeader, { kind: "request" }>, payload: Uint8Array): Promise<void> {
    const { id, method, params } = header;
    this.#serving++;
    try {
      if (this.#serving > this.#maxInFlight) throw new LinkBusy({ limit: this.#maxInFlight });
      const contract = Object.hasOwn(this.#options.serves, method) ? this.#options.serves[method] : undefined;
      const handler = this.#options.handlers[method as keyof Mine];
      if (!contract || !handler) throw new LinkMethodUnknown({ method });
      checkParams(method, contract.request, params);
      const reply = await handler(params as Static<Mine[keyof Mine]["request"]>, payload);
      this.#send({ kind: "reply", id, result: reply.result }, reply.payload);
    } catch (error) {
      this.#fail(id, method, error);
    } finally {
      this.#serving--;
    }
  }

  #fail(id: number, method: string, error: unknown): void {
    const failure = toAppError(error);
    if (failure.cause !== undefined)
      this.#options.logger.error("link handler failed", { method, error: stackOf(failure.cause) });
    try {
      this.#send({ kind: "failure", id, error: failure.toBody() });
    } catch (cause) {
      // Its details are too large or no JSON; the asker needs an answer all the same.
      const { reason, code, message } = failure;
      this.#options.logger.error("link failure can't be sent whole", { method, reason, error: stackOf(cause) });
      this.#send({ kind: "failure", id, error: { code, reason, message: message.slice(0, 1000), details: {} } });
    }
  }

  #send(header: LinkHeader, payload?: Uint8Array): void {
    if (this.#closedWhy === undefined) this.#write([encodeLinkFrame(header, payload)]);
  }

  #write(pieces: readonly Uint8Array[]): void {
    this.#socket.cork();
    for (const piece of pieces) this.#socket.write(piece);
    this.#socket.uncork();
    const unsentBytes = this.#socket.writableLength;
    const limitBytes = this.#options.maxUnsentBytes ?? MAX_UNSENT_BYTES;
    if (unsentBytes <= limitBytes) return;
    this.#options.logger.warn("link peer reads too slowly", { unsentBytes, limitBytes });
    this.close(`the other side reads too slowly: ${unsentBytes} B wait to be sent, the limit is ${limitBytes} B`);
  }
}

function stackOf(error: unknown): string {
  return error instanceof Error ? String(error.stack) : String(error);
}

function checkParams(method: string, schema: TSchema, value: unknown): void {
  if (Value.Check(schema, value)) return;
  const problems = [...Value.Errors(schema, value)].slice(0, 5).map((e) => `${e.instancePath || "/"} ${e.message}`);
  throw new LinkParamsInvalid({ method, problems });
}
