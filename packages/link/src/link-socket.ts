/** TLS for the link: the console listens with its own certificate, the agent accepts exactly the one it has pinned. */
import type { Socket } from "node:net";
import { connect, createServer, type Server, type TLSSocket } from "node:tls";
import { LinkCertificateMismatch, LinkUnreachable } from "./errors.js";

/** A connection that carries nothing for so long is probed by the kernel, so that a vanished host is noticed. */
const KEEP_ALIVE_AFTER_MS = 30_000;
const HANDSHAKE_TIMEOUT_MS = 10_000;

export interface DialLinkOptions {
  readonly host: string;
  readonly port: number;
  /** SHA-256 fingerprint of the console's certificate, upper-case hex pairs with colons. */
  readonly fingerprint: string;
  readonly timeoutMs: number;
}

/** Connects and compares the certificate before a byte is sent. @throws {LinkUnreachable} {LinkCertificateMismatch} */
export function dialLink(options: DialLinkOptions): Promise<TLSSocket> {
  const { host, port, fingerprint, timeoutMs } = options;
  return new Promise((resolve, reject) => {
    // The certificate is self-signed and pinned, so the chain is not checked but the fingerprint is.
    const socket = connect({ host, port, rejectUnauthorized: false, minVersion: "TLSv1.3" });
    socket.setKeepAlive(true, KEEP_ALIVE_AFTER_MS);
    socket.on("error", () => undefined); // errors after the first one tell nothing new
    const timer = setTimeout(() => fail(`no answer within ${timeoutMs} ms`), timeoutMs);
    const fail = (why: string) => {
      clearTimeout(timer);
      socket.destroy();
      reject(new LinkUnreachable({ host, port, why }));
    };
    const onError = (error: Error & { code?: string }) => fail(error.code ?? error.message);
    socket.once("error", onError);
    socket.once("secureConnect", () => {
      clearTimeout(timer);
      socket.off("error", onError);
      const got = socket.getPeerCertificate().fingerprint256 ?? "none";
      if (got === fingerprint) {
        resolve(socket);
        return;
      }
      socket.destroy();
      reject(new LinkCertificateMismatch({ host, port, expected: fingerprint, got }));
    });
  });
}

export interface ListenLinkOptions {
  readonly host: string;
  readonly port: number;
  /** PEM. */
  readonly key: string;
  readonly cert: string;
  readonly maxConnections: number;
  onConnection(socket: TLSSocket): void;
}

export interface LinkListener {
  readonly port: number;
  /** Stops listening and ends every connection, those in their handshake included. */
  close(): Promise<void>;
}

/** Listens for agents. A peer that does not finish its handshake within 10 s is dropped. */
export async function listenLink(options: ListenLinkOptions): Promise<LinkListener> {
  const { key, cert, onConnection } = options;
  const sockets = new Set<Socket>();
  const server = createServer({ key, cert, minVersion: "TLSv1.3", handshakeTimeout: HANDSHAKE_TIMEOUT_MS });
  server.maxConnections = options.maxConnections;
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    socket.setKeepAlive(true, KEEP_ALIVE_AFTER_MS);
  });
  server.on("secureConnection", onConnection);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, options.host, () => {
      server.off("error", reject);
      resolve();
    });
  });
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    });
  return { port: portOf(server), close };
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}
