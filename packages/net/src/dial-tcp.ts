import { connect, type Socket } from "node:net";
import { netError } from "./errno.js";
import { NetTimeout } from "./errors.js";
import { createSharedRead } from "./shared-read.js";

export interface DialTcpOptions {
  readonly host: string;
  readonly port: number;
  /** Longest wait for the connection. Default 1000. */
  readonly timeoutMs?: number;
  /** Gives the attempt up; the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Local address to come from. */
  readonly localAddress?: string;
  /** Read into the process's shared buffer; then use `attachInput`, since 'data' is never emitted. Default false. */
  readonly readShared?: boolean;
}

/**
 * Connects. The socket has no delay (Nagle is off).
 *
 * @throws NET_REFUSED, NET_UNREACHABLE, NET_TIMEOUT and the other reasons of `netError`; the signal's reason
 */
export function dialTcp(options: DialTcpOptions): Promise<Socket> {
  const { host, port, timeoutMs = 1000, signal } = options;
  const address = `${host}:${port}`;
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const shared = options.readShared ? createSharedRead() : undefined;
    const socket = connect({
      host,
      port,
      noDelay: true,
      ...(options.localAddress === undefined ? {} : { localAddress: options.localAddress }),
      ...(shared === undefined ? {} : { onread: shared.onread as never }),
    });
    shared?.bind(socket);
    const settle = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
      socket.off("error", onError);
      socket.off("connect", onConnect);
    };
    const fail = (error: unknown): void => {
      settle();
      socket.on("error", () => undefined);
      socket.destroy();
      reject(error);
    };
    const onError = (error: unknown): void => fail(netError(error, address));
    const onAbort = (): void => fail(signal?.reason);
    const onConnect = (): void => {
      settle();
      resolve(socket);
    };
    const timer = setTimeout(() => fail(new NetTimeout({ address, waitedMs: timeoutMs })), timeoutMs);
    signal?.addEventListener("abort", onAbort, { once: true });
    socket.once("error", onError);
    socket.once("connect", onConnect);
  });
}
