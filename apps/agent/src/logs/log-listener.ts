/**
 * Takes log records from processes of this machine: FlumeEvent frames over TCP, as clients of the archived system send them
 * too, and batches of hop records. Nothing is answered. Connections from other machines are closed.
 *
 * While the spool is behind nothing is read: the senders' buffers fill, and there the oldest records go and are counted.
 */
import type { Socket } from "node:net";
import { isAppError, type Logger } from "@msec/core";
import { listenTcp, type TcpListener } from "@msec/net";
import { type FlumeEvent, type LogEvent, LogEventReader } from "@msec/protocol";
import { HopExpansion } from "./hop-expansion.js";
import type { HopThinning } from "./hop-thinning.js";

/** Above the archived limit of 10 KiB: a hop record with twenty calls is larger. */
const MAX_EVENT_BYTES = 64 << 10;
const MAX_KEY_CHARS = 128;
const MAX_TEXT_CHARS = 8_192;
const MAX_HEADERS = 64;

export interface LogListenerOptions {
  readonly host: string;
  readonly port: number;
  /** Added as header `IP`. */
  readonly machineAddress: string;
  readonly nowMs: () => number;
  readonly logger: Logger;
  /** Gets each record as the JSON of a `LogEvent`. */
  onEvent(json: string): void;
  /** True while no more should come. Asked after each piece of input. */
  readonly isBehind: () => boolean;
  /** Calls when `isBehind` may have changed. @returns ends it */
  readonly onProgress: (listener: () => void) => () => void;
  /** Leaves out hop records. Default: all are taken. */
  readonly thinning?: HopThinning;
  /** Default 1024. */
  readonly maxConnections?: number;
}

export interface LogListener {
  readonly port: number;
  close(): Promise<void>;
}

export async function listenForLogs(options: LogListenerOptions): Promise<LogListener> {
  const intake = new LogConnections(options);
  const listener: TcpListener = await listenTcp({
    host: options.host,
    port: options.port,
    maxConnections: options.maxConnections ?? 1_024,
    onConnection: (socket) => intake.serve(socket),
  });
  return {
    port: listener.address.port,
    close: async () => {
      await listener.close();
      intake.close();
    },
  };
}

class LogConnections {
  readonly #options: LogListenerOptions;
  readonly #expansion: HopExpansion;
  readonly #sockets = new Set<Socket>();
  readonly #endListening: () => void;

  constructor(options: LogListenerOptions) {
    this.#options = options;
    this.#expansion = new HopExpansion(options.machineAddress, options.thinning);
    this.#endListening = options.onProgress(() => this.#resume());
  }

  serve(socket: Socket): void {
    const { logger, machineAddress, isBehind } = this.#options;
    const peer = socket.remoteAddress ?? "";
    if (!isLocal(peer, machineAddress)) {
      logger.warn("log connection from another machine refused", { peer });
      socket.destroy();
      return;
    }
    this.#sockets.add(socket);
    const reader = new LogEventReader(MAX_EVENT_BYTES);
    socket.on("data", (chunk) => {
      try {
        reader.push(chunk);
        for (let event = reader.next(); event; event = reader.next()) this.#take(event, peer);
      } catch (error) {
        logger.warn("log connection closed", { peer, reason: isAppError(error) ? error.reason : String(error) });
        socket.destroy();
      }
      if (isBehind()) socket.pause();
    });
    socket.on("end", () => socket.end());
    socket.on("error", () => socket.destroy());
    socket.on("close", () => this.#sockets.delete(socket));
  }

  close(): void {
    this.#endListening();
    for (const socket of this.#sockets) socket.destroy();
  }

  #resume(): void {
    if (this.#options.isBehind()) return;
    for (const socket of this.#sockets) if (socket.isPaused()) socket.resume();
  }

  #take(event: FlumeEvent, peer: string): void {
    const { onEvent, logger } = this.#options;
    if (event.hops === undefined) {
      onEvent(JSON.stringify(toLogEvent(event, this.#options)));
      return;
    }
    try {
      this.#expansion.expand(event.hops, onEvent);
    } catch (error) {
      if (!isAppError(error)) throw error;
      logger.warn("hop records refused", { peer, reason: error.reason, problem: error.message });
    }
  }
}

function isLocal(peer: string, machineAddress: string): boolean {
  const ipv4 = peer.replace(/^::ffff:/, "");
  return ipv4 === machineAddress || ipv4.startsWith("127.");
}

/** What is too long is cut, so that the console never refuses a record for its length. */
export function toLogEvent(
  event: FlumeEvent,
  opts: { readonly nowMs: () => number; readonly machineAddress: string },
): LogEvent {
  const headers: Record<string, string> = {};
  let count = 0;
  for (const [key, value] of event.headers) {
    if (count++ >= MAX_HEADERS) break;
    Object.defineProperty(headers, cut(key, MAX_KEY_CHARS), {
      value: cut(value, MAX_TEXT_CHARS),
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
  headers.IP = opts.machineAddress;
  const stampMs = Number(event.headers.get("InsTime"));
  const atMs = Number.isSafeInteger(stampMs) && stampMs > 0 ? stampMs : opts.nowMs();
  return { atMs, headers, body: cut(event.body, MAX_TEXT_CHARS) };
}

/** Cuts without leaving half of a surrogate pair. */
function cut(text: string, maxChars: number): string {
  if (text.length <= maxChars) return text;
  const end = (text.charCodeAt(maxChars - 1) & 0xfc00) === 0xd800 ? maxChars - 1 : maxChars;
  return text.slice(0, end);
}
