/**
 * What a connection passes before its first request is read: the list of addresses, the limit per address, and TLS. TLS and plain
 * connections share a port: a ClientHello begins with 0x16, which begins neither a frame nor an HTTP request.
 */
import type { Socket } from "node:net";
import { tryServiceIdentity } from "@msec/core";
import {
  AddressList,
  createTimerEntry,
  type InputStream,
  peekInput,
  type TimerWheel,
  TlsAcceptor,
  type TlsPeer,
  unreadInput,
} from "@msec/net";
import type { PeerSecurity, SecurityRefusal, ServerSecurity, ServerTls } from "./server-security.js";

const CLIENT_HELLO = 0x16;

export interface ConnectionGateOptions {
  readonly security: ServerSecurity;
  /** 0 = no limit. */
  readonly maxPerAddress: number;
  /** How long a connection may say nothing while TLS is possible. */
  readonly firstByteTimeoutMs: number;
  readonly wheel: TimerWheel;
  readonly nowMs: () => number;
  /** It may be read. `stream` is the socket itself, or TLS on it. */
  readonly onStream: (stream: InputStream, socket: Socket, security: PeerSecurity | undefined) => void;
  readonly onRefused: (cause: SecurityRefusal, peer: string, why?: string) => void;
}

export class ConnectionGate {
  readonly #options: ConnectionGateOptions;
  readonly #acceptor: TlsAcceptor | undefined;
  readonly #perAddress = new Map<string, number>();
  readonly #silent = new Set<Socket>();
  /** May be exchanged while connections come in. */
  addresses: AddressList | undefined;

  /** @throws NET_TLS_FILES_INVALID, NET_ADDRESS_LIST_INVALID */
  constructor(options: ConnectionGateOptions) {
    this.#options = options;
    const { tls, allowFrom } = options.security;
    this.addresses = allowFrom === undefined ? undefined : new AddressList(allowFrom);
    this.#acceptor = tls === undefined ? undefined : this.#createAcceptor(tls);
  }

  accept(socket: Socket): void {
    if (!this.#admits(socket)) {
      socket.destroy();
      return;
    }
    if (this.#acceptor === undefined) this.#options.onStream(socket, socket, undefined);
    else this.#awaitFirstByte(socket, this.#acceptor);
  }

  /** True for senders of datagrams that may be listened to. */
  admitsSender(host: string): boolean {
    if (this.addresses === undefined || this.addresses.includes(host)) return true;
    this.#options.onRefused("address", host);
    return false;
  }

  /** Cuts connections that have not come to their first request. */
  close(): void {
    for (const socket of this.#silent) socket.destroy();
    this.#acceptor?.close();
  }

  #admits(socket: Socket): boolean {
    const { maxPerAddress, onRefused } = this.#options;
    if (this.addresses === undefined && maxPerAddress === 0) return true;
    const host = socket.remoteAddress ?? "";
    if (this.addresses !== undefined && !this.addresses.includes(host)) {
      onRefused("address", host);
      return false;
    }
    if (maxPerAddress === 0) return true;
    const count = (this.#perAddress.get(host) ?? 0) + 1;
    if (count > maxPerAddress) {
      onRefused("connections per address", host, `${maxPerAddress} are open`);
      return false;
    }
    this.#perAddress.set(host, count);
    socket.once("close", () => this.#leave(host));
    return true;
  }

  #leave(host: string): void {
    const left = (this.#perAddress.get(host) ?? 1) - 1;
    if (left === 0) this.#perAddress.delete(host);
    else this.#perAddress.set(host, left);
  }

  #awaitFirstByte(socket: Socket, acceptor: TlsAcceptor): void {
    const { wheel, nowMs, firstByteTimeoutMs, onStream } = this.#options;
    const destroy = (): void => {
      socket.destroy();
    };
    const timeout = createTimerEntry(destroy);
    const settle = (): void => {
      this.#silent.delete(socket);
      wheel.remove(timeout);
      socket.off("end", destroy);
      socket.off("close", settle);
    };
    this.#silent.add(socket);
    wheel.add(timeout, nowMs() + firstByteTimeoutMs);
    socket.on("error", () => undefined); // the close that follows says enough
    socket.once("end", destroy);
    socket.once("close", settle);
    peekInput(socket, (bytes) => {
      settle();
      if (bytes[0] !== CLIENT_HELLO) {
        onStream(socket, socket, undefined);
        if (socket.isPaused()) socket.resume();
        return;
      }
      // Not inside the read that brought the bytes: TLS takes over the handle.
      process.nextTick(() => {
        if (socket.destroyed) return;
        unreadInput(socket);
        acceptor.accept(socket);
      });
    });
  }

  #createAcceptor(tls: ServerTls): TlsAcceptor {
    const { onStream, onRefused } = this.#options;
    return new TlsAcceptor({
      files: tls.files,
      asksClients: tls.clientCertificates !== "off",
      ...(tls.handshakeTimeoutMs !== undefined && { handshakeTimeoutMs: tls.handshakeTimeoutMs }),
      onSecure: (stream, peer) => onStream(stream, stream, securityOf(peer)),
      onFailed: (error) => onRefused("tls handshake", String(error.details.address ?? ""), error.message),
    });
  }
}

function securityOf({ uris, problem }: TlsPeer): PeerSecurity {
  if (problem !== undefined) return { identity: undefined, problem };
  const identity = uris.map(tryServiceIdentity).find((each) => each !== undefined);
  return { identity, problem };
}
