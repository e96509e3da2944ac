import { createSocket, type Socket, type SocketOptions } from "node:dgram";
import { lookup as lookUpName } from "node:dns";
import { isIP } from "node:net";
import type { HostPort } from "@msec/core";
import { netError } from "./errno.js";

/** Largest payload of a UDP datagram over IPv4. */
export const MAX_DATAGRAM_BYTES = 65_507;

export interface OpenUdpOptions {
  /** Address to bind; default 127.0.0.1. */
  readonly host?: string;
  /** 0 = any free port. */
  readonly port?: number;
  /** The workers of one controller share the port: each datagram goes to one of them. Default false. */
  readonly shared?: boolean;
  /** Room in the kernel for datagrams that wait to be read. Default: the system's. */
  readonly receiveBufferBytes?: number;
  /** Send to and accept from this address only; a peer that is not there is then reported by `onError` (NET_REFUSED). */
  readonly peer?: HostPort;
  readonly onDatagram: (bytes: Uint8Array, from: HostPort) => void;
  readonly onError?: (error: Error) => void;
}

export interface UdpPort {
  readonly address: HostPort;
  /** Sends one datagram; the bytes must not change until they have left, so give a copy. Failures go to `onError`. */
  send(bytes: Uint8Array, to?: HostPort): void;
  /**
   * Reads no more, for a worker that shares the port and leaves it to others; answers can still be sent. Works through an internal of
   * Node, since dgram has no pause.
   *
   * @returns false where the internals look different; then datagrams go on to come
   */
  tryPauseInput(): boolean;
  /** Lets the process exit although the socket is open. */
  unref(): void;
  /** Takes `unref` back. Ports that are no sockets need not have it. */
  ref?(): void;
  close(): void;
}

function isIpv6Text(host: string | undefined): boolean {
  return host?.includes(":") === true;
}

/** Node asks for each datagram that goes to an address; what is an address already needs no resolver and no other turn. */
const lookup: NonNullable<SocketOptions["lookup"]> = (host, options, callback) => {
  const family = isIP(host);
  if (family === 0) lookUpName(host, options, callback);
  else callback(null, host, family);
};

function bind(socket: Socket, options: OpenUdpOptions): Promise<void> {
  const { host = "127.0.0.1", port = 0, peer } = options;
  return new Promise((resolve, reject) => {
    socket.once("error", (error) => reject(netError(error, `${host}:${port}/udp`)));
    // Node gives the error of `connect` to its callback, which the type definitions don't tell.
    const onConnected = (error?: Error | null): void => {
      if (error) reject(netError(error, `${peer?.host}:${peer?.port}/udp`));
      else resolve();
    };
    const anyAddress = isIpv6Text(peer?.host) ? "::" : "0.0.0.0";
    socket.bind({ address: peer === undefined ? host : anyAddress, port, exclusive: options.shared !== true }, () => {
      if (peer === undefined) resolve();
      else socket.connect(peer.port, peer.host, onConnected);
    });
  });
}

/** Opens a UDP socket. @throws NET_ADDRESS_IN_USE and the other reasons of `netError` */
export async function openUdp(options: OpenUdpOptions): Promise<UdpPort> {
  const { receiveBufferBytes: recvBufferSize } = options;
  const type = isIpv6Text(options.peer?.host ?? options.host) ? "udp6" : "udp4";
  const socket = createSocket({ type, lookup, ...(recvBufferSize === undefined ? {} : { recvBufferSize }) });
  let isOpen = true;
  try {
    await bind(socket, options);
  } catch (error) {
    socket.close();
    throw error;
  }
  const { address: host, port } = socket.address();
  const peerText = options.peer === undefined ? `${host}:${port}` : `${options.peer.host}:${options.peer.port}`;
  const onError = (error: Error | null): void => {
    if (error !== null && isOpen) options.onError?.(netError(error, peerText));
  };
  socket.removeAllListeners("error");
  socket.on("error", onError);
  socket.on("message", (bytes, from) => {
    // Port 0 is legal in a datagram and never a place to answer to: Node throws on it.
    if (from.port !== 0) options.onDatagram(bytes, { host: from.address, port: from.port });
  });
  return {
    address: { host, port },
    send: (bytes, to) => {
      if (!isOpen || to?.port === 0) return;
      if (to === undefined) socket.send(bytes, onError);
      else socket.send(bytes, to.port, to.host, onError);
    },
    tryPauseInput: () => isOpen && tryStopReading(socket),
    unref: () => void socket.unref(),
    ref: () => void socket.ref(),
    close: () => {
      if (isOpen) socket.close();
      isOpen = false;
    },
  };
}

function tryStopReading(socket: Socket): boolean {
  const internals = socket as unknown as Record<symbol, { readonly handle?: { recvStop?: () => unknown } } | undefined>;
  const key = Object.getOwnPropertySymbols(socket).find(({ description }) => description === "state symbol");
  const handle = key === undefined ? undefined : internals[key]?.handle;
  if (typeof handle?.recvStop !== "function") return false;
  handle.recvStop();
  return true;
}
