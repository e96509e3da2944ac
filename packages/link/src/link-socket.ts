/** TLS for the link: the console listens with its own certificate, the agent accepts exactly the one it has pinned. */
import { connect, createServer, type Server, type TLSSocket } from "node:tls";
import { LinkCertificateMismatch, LinkUnreachable } from "./errors.js";

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
      const got = socket.getPeerCertificate().fingerprint256;
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
  close(): Promise<void>;
}

/** Listens for agents. A peer that does not finish its handshake within 10 s is dropped. */
export async function listenLink(options: ListenLinkOptions): Promise<LinkListener> {
  const server = createServer(
    { key: options.key, cert: options.cert, minVersion: "TLSv1.3", handshakeTimeout: 10_000 },
    options.onConnection,
  );
  server.maxConnections = options.maxConnections;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, options.host, () => {
      server.off("error", reject);
      resolve();
    });
  });
  return { port: portOf(server), close: () => new Promise((resolve) => server.close(() => resolve())) };
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}
