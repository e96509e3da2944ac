/**
 * The server side of TLS on connections that somebody else accepted. A `tls.Server` that never listens does the work: it takes
 * any socket by its 'connection' event (documented by Node) and its certificate can be exchanged while it runs.
 */
import type { Socket } from "node:net";
import { createServer, type Server, type TLSSocket } from "node:tls";
import type { AppError } from "@msec/core";
import { TlsFailed } from "../errors.js";
import type { TlsDirectory } from "./tls-directory.js";
import { type TlsPeer, tlsPeerOf } from "./tls-peer.js";

export interface TlsAcceptorOptions {
  readonly files: TlsDirectory;
  /** Ask clients for a certificate. Whether one is needed is for `onSecure` to say, so that the client can be told why not. */
  readonly asksClients: boolean;
  /** Longest time from the first byte to the end of the handshake. Default 10000. */
  readonly handshakeTimeoutMs?: number;
  /** The handshake is over. */
  readonly onSecure: (stream: TLSSocket, peer: TlsPeer) => void;
  /** It failed; the socket is closed. */
  readonly onFailed: (error: AppError) => void;
}

export class TlsAcceptor {
  readonly #server: Server;
  readonly #files: TlsDirectory;
  readonly #sockets = new Set<Socket>();
  #version: string;

  /** @throws NET_TLS_FILES_INVALID */
  constructor(options: TlsAcceptorOptions) {
    this.#files = options.files;
    const material = options.files.read();
    this.#version = material.version;
    this.#server = createServer({
      ...material.options,
      requestCert: options.asksClients,
      rejectUnauthorized: false,
      handshakeTimeout: options.handshakeTimeoutMs ?? 10_000,
    });
    this.#server.on("secureConnection", (stream) => options.onSecure(stream, tlsPeerOf(stream)));
    this.#server.on("tlsClientError", (error, stream) => {
      const { code, message } = error as NodeJS.ErrnoException;
      const address = `${stream.remoteAddress ?? ""}:${stream.remotePort ?? 0}`;
      stream.destroy();
      options.onFailed(new TlsFailed({ address, problem: code ?? message }, { cause: error }));
    });
  }

  /** Takes a socket whose unread input begins with a ClientHello. */
  accept(socket: Socket): void {
    const { version, options } = this.#files.read();
    if (version !== this.#version) {
      this.#version = version;
      this.#server.setSecureContext(options);
    }
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
    this.#server.emit("connection", socket);
  }

  /** Cuts all connections that came through here, those in their handshake too. */
  close(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}
