import { createServer, type Server, type Socket } from "node:net";
import type { HostPort } from "@msec/core";
import { netError } from "./errno.js";
import { acceptShared, adoptSharedRead } from "./shared-read.js";

export interface ListenTcpOptions {
  /** Address to listen on; `0.0.0.0` for all. Not needed with `server`. */
  readonly host?: string;
  /** 0 = any free port. */
  readonly port?: number;
  /** A server or handle that already listens (inherited from a parent process); it is closed by `close()` all the same. */
  readonly server?: Server;
  /** Length of the queue of connections not yet accepted. Default 1024. */
  readonly backlog?: number;
  /** Connections above this are closed at once. Default 10000. */
  readonly maxConnections?: number;
  /** A connection was closed for `maxConnections`. */
  readonly onDrop?: (peer: string) => void;
  /** The listening socket itself failed after it was open. */
  readonly onError?: (error: Error) => void;
  /** Read into the process's shared buffer; then use `attachInput`, since 'data' is never emitted. Default false. */
  readonly readShared?: boolean;
  /** The socket has no delay and stays half-open after the peer's end: the owner must end it. */
  readonly onConnection: (socket: Socket) => void;
}

export interface TcpListener {
  /** Where it listens; the port is the real one. */
  readonly address: HostPort;
  /** Stops accepting; open connections stay. Resolves when the port is free. */
  close(): Promise<void>;
}

function listen(server: Server, options: ListenTcpOptions): Promise<void> {
  const { host = "127.0.0.1", port = 0, backlog = 1024 } = options;
  return new Promise((resolve, reject) => {
    const onError = (error: Error): void => reject(netError(error, `${host}:${port}`));
    server.once("error", onError);
    server.listen({ host, port, backlog, exclusive: true }, () => {
      server.off("error", onError);
      resolve();
    });
  });
}

/**
 * Listens.
 *
 * @throws NET_ADDRESS_IN_USE, NET_ADDRESS_UNAVAILABLE, NET_PERMISSION_DENIED, each naming the address
 */
export async function listenTcp(options: ListenTcpOptions): Promise<TcpListener> {
  const { readShared = false } = options;
  const server = options.server ?? createServer({ noDelay: true, allowHalfOpen: true, pauseOnConnect: readShared });
  server.maxConnections = options.maxConnections ?? 10_000;
  server.on("connection", (socket: Socket) => {
    socket.setNoDelay(true);
    socket.allowHalfOpen = true;
    options.onConnection(readShared ? adoptSharedRead(socket) : socket);
  });
  server.on("drop", (data) => options.onDrop?.(`${data?.remoteAddress}:${data?.remotePort}`));
  if (options.server === undefined) await listen(server, options);
  if (readShared) {
    acceptShared(server, (socket) => {
      socket.setNoDelay(true);
      options.onConnection(socket);
    });
  }
  server.on("error", (error) => options.onError?.(error));
  const bound = server.address();
  if (bound === null || typeof bound === "string") throw new TypeError("the server does not listen on TCP");
  let closing: Promise<void> | undefined;
  return {
    address: { host: bound.address, port: bound.port },
    close: () => {
      closing ??= closeServer(server);
      return closing;
    },
  };
}

/** `Server.close` calls back only when all connections are gone; the port itself is free at once. */
function closeServer(server: Server): Promise<void> {
  server.close();
  return new Promise((resolve) => setImmediate(resolve));
}
