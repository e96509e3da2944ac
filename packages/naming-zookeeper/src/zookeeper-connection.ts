/**
 * One TCP connection to one server: handshake, requests with their answers in order, pings, and the end when the server is silent
 * for two thirds of the session's timeout. It never comes back; {@link ZookeeperClient} opens the next.
 */

import type { Socket } from "node:net";
import { type Clock, isAppError } from "@msec/core";
import { dialTcp } from "@msec/net";
import { ZookeeperAnswerInvalid, ZookeeperUnavailable } from "./errors.js";
import { JuteReader, type JuteWriter } from "./jute.js";
import {
  connectFrame,
  errorText,
  type NodeEvent,
  type OperationName,
  readConnectAnswer,
  readEvent,
  requestFrame,
  type SessionTicket,
  XID,
} from "./wire.js";

/** Larger than what ZooKeeper takes by default (1 MiB of data), for long lists of children. */
const MAX_FRAME_BYTES = 16 << 20;
const MAX_PENDING = 10_000;

export interface ConnectOptions {
  readonly host: string;
  readonly port: number;
  readonly session: SessionTicket;
  /** The server may give less or more. */
  readonly sessionTimeoutMs: number;
  readonly lastZxid: bigint;
  /** `user:secret` of scheme digest. */
  readonly credential: string | undefined;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly onEvent: (event: NodeEvent) => void;
}

export interface Answer {
  /** 0 = done. */
  readonly error: number;
  readonly body: JuteReader;
}

interface Pending {
  readonly xid: number;
  resolve(answer: Answer): void;
  reject(error: unknown): void;
}

export class ZookeeperConnection {
  readonly session: SessionTicket;
  readonly sessionTimeoutMs: number;
  /** Resolved with the reason when it has ended. */
  readonly ended: Promise<string>;
  #lastZxid = 0n;
  #nextXid = 1;
  #heardAtMs: number;
  #isEnded = false;
  readonly #pending: Pending[] = [];
  readonly #socket: Socket;
  readonly #options: ConnectOptions;
  readonly #frames: FrameReader;
  readonly #timer: NodeJS.Timeout;
  #tellEnd: (why: string) => void = () => undefined;

  /** Use {@link openConnection}. */
  constructor(socket: Socket, frames: FrameReader, granted: Granted, options: ConnectOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#frames = frames;
    this.session = granted.session;
    this.sessionTimeoutMs = granted.timeoutMs;
    this.#heardAtMs = options.clock.monotonicMs();
    this.ended = new Promise((resolve) => {
      this.#tellEnd = resolve;
    });
    frames.onFrame = (frame) => this.#onFrame(frame);
    frames.onEnd = (why) => this.#end(why);
    this.#timer = setInterval(() => this.#tick(), Math.max(20, Math.floor(granted.timeoutMs / 3)));
    if (options.credential !== undefined) this.#sendCredential(options.credential);
    frames.resume();
  }

  get lastZxid(): bigint {
    return this.#lastZxid;
  }

  /** @throws {ZookeeperUnavailable} the connection ended before the answer; whether the change was made is unknown then */
  request(operation: OperationName, body: (writer: JuteWriter) => void): Promise<Answer> {
    if (this.#isEnded) return Promise.reject(new ZookeeperUnavailable({ problem: "the connection has ended" }));
    if (this.#pending.length >= MAX_PENDING)
      return Promise.reject(new ZookeeperUnavailable({ problem: `${MAX_PENDING} requests wait already` }));
    const xid = this.#nextXid;
    this.#nextXid = xid === 0x7fff_ffff ? 1 : xid + 1;
    return new Promise((resolve, reject) => {
      this.#pending.push({ xid, resolve, reject });
      this.#socket.write(requestFrame(xid, operation, body));
    });
  }

  /** Closes the connection; the session stays until its timeout. */
  close(): void {
    this.#end("closed");
  }

  #sendCredential(credential: string): void {
    const fill = (writer: JuteWriter) => writer.int(0).text("digest").text(credential);
    this.#socket.write(requestFrame(XID.auth, "auth", fill));
  }

  #tick(): void {
    const silentMs = this.#options.clock.monotonicMs() - this.#heardAtMs;
    if (silentMs > (2 * this.sessionTimeoutMs) / 3) this.#end(`nothing was heard for ${Math.round(silentMs)} ms`);
    else this.#socket.write(requestFrame(XID.ping, "ping", () => undefined));
  }

  #onFrame(frame: Buffer): void {
    this.#heardAtMs = this.#options.clock.monotonicMs();
    const reader = new JuteReader(frame);
    const xid = reader.int();
    const zxid = reader.long();
    const error = reader.int();
    if (xid === XID.event) this.#onEvent(reader);
    else if (xid === XID.auth && error !== 0) this.#end(errorText(error));
    else if (xid > 0) this.#settle({ xid, zxid, error }, reader);
  }

  #settle({ xid, zxid, error }: { xid: number; zxid: bigint; error: number }, body: JuteReader): void {
    const pending = this.#pending.shift();
    if (pending?.xid !== xid) {
      pending?.reject(new ZookeeperAnswerInvalid({ problem: `answer ${xid} instead of ${pending.xid}` }));
      this.#end(`an answer came out of order: ${xid}`);
      return;
    }
    if (zxid > this.#lastZxid) this.#lastZxid = zxid;
    pending.resolve({ error, body });
  }

  #onEvent(reader: JuteReader): void {
    const event = readEvent(reader);
    if (event) this.#options.onEvent(event);
  }

  #end(why: string): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    clearInterval(this.#timer);
    this.#frames.onFrame = () => undefined;
    this.#socket.destroy();
    for (const { reject } of this.#pending.splice(0)) reject(new ZookeeperUnavailable({ problem: why }));
    this.#tellEnd(why);
  }
}

interface Granted {
  readonly timeoutMs: number;
  readonly session: SessionTicket;
}

/** Why no connection came to be. `expired`: the server does not know the session any more. `silent`: closed without a word. */
export type ConnectFailure =
  | { readonly kind: "expired" }
  | { readonly kind: "silent" }
  | { readonly kind: "failed"; readonly problem: string };

/** Dials and asks for the session, within half of its timeout. */
export async function openConnection(options: ConnectOptions): Promise<ZookeeperConnection | ConnectFailure> {
  const { host, port, signal } = options;
  const timeoutMs = Math.max(500, options.sessionTimeoutMs / 2);
  let socket: Socket;
  try {
    socket = await dialTcp({ host, port, timeoutMs, signal });
  } catch (error) {
    return { kind: "failed", problem: isAppError(error) ? error.message : String(error) };
  }
  const frames = new FrameReader(socket);
  const answer = await new Promise<Buffer | ConnectFailure>((resolve) => {
    const late = setTimeout(
      () => resolve({ kind: "failed", problem: `${host}:${port} accepts but says nothing` }),
      timeoutMs,
    );
    frames.onFrame = (frame) => {
      clearTimeout(late);
      frames.pause();
      resolve(frame);
    };
    frames.onEnd = () => {
      clearTimeout(late);
      resolve({ kind: "silent" });
    };
    socket.write(connectFrame({ ...options, timeoutMs: options.sessionTimeoutMs }));
  });
  if (!Buffer.isBuffer(answer)) {
    socket.destroy();
    return answer;
  }
  const granted = tryReadConnectAnswer(answer);
  if (granted !== undefined && granted.timeoutMs > 0 && !signal.aborted)
    return new ZookeeperConnection(socket, frames, granted, options);
  socket.destroy();
  if (granted === undefined) return { kind: "failed", problem: `${host}:${port} is no ZooKeeper` };
  return granted.timeoutMs > 0 ? { kind: "failed", problem: "given up" } : { kind: "expired" };
}

function tryReadConnectAnswer(frame: Buffer): Granted | undefined {
  try {
    return readConnectAnswer(frame);
  } catch {
    return undefined;
  }
}

/** Cuts the stream into frames; stops in between when told to. */
class FrameReader {
  onFrame: (frame: Buffer) => void = () => undefined;
  onEnd: (why: string) => void = () => undefined;
  #rest: Buffer = Buffer.alloc(0);
  #isPaused = false;
  readonly #socket: Socket;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (chunk: Buffer) => {
      this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
      this.#cut();
    });
    socket.on("error", (error) => this.onEnd(error.message));
    socket.on("close", () => this.onEnd("the server closed the connection"));
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.#cut();
  }

  #cut(): void {
    while (!this.#isPaused && this.#rest.length >= 4) {
      const length = this.#rest.readInt32BE(0);
      if (length < 0 || length > MAX_FRAME_BYTES) {
        this.onEnd(`a frame of ${length} B was announced`);
        this.#socket.destroy();
        return;
      }
      if (this.#rest.length < 4 + length) return;
      const frame = this.#rest.subarray(4, 4 + length);
      this.#rest = this.#rest.subarray(4 + length);
      this.#dispatch(frame);
    }
  }

  #dispatch(frame: Buffer): void {
    try {
      this.onFrame(frame);
    } catch (error) {
      this.onEnd(error instanceof Error ? error.message : String(error));
      this.#socket.destroy();
    }
  }
}
