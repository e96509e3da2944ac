/** The network of a cluster: connections and datagrams between its instances, in memory. */
import { type Clock, startTimer } from "@msec/core";
import { NetTimeout, netError, type OpenUdpOptions, type UdpPort } from "@msec/net";
import type { FaultBoard } from "./fault-board.js";
import type { Station, Way } from "./fault-kinds.js";
import { MemoryPort } from "./memory-port.js";
import { type MemoryAddress, MemorySocket, systemError } from "./memory-socket.js";
import { DIAL_RETRANSMIT_MS, NetworkLink, Wire } from "./network-link.js";

/** One end of what can be dialled. */
export interface NetworkPeer {
  readonly station: Station;
  /** It runs. */
  readonly isUp: boolean;
  /** Takes a connection. */
  accept(socket: MemorySocket): void;
}

export interface NetworkOptions {
  readonly clock: Clock;
  readonly faults: FaultBoard;
  /** Something is about to arrive. */
  readonly onNews: () => void;
  /** Who has this IP address. */
  readonly stationAt: (host: string) => Station;
  /** Who listens at `ip:port`; undefined = it is none of the cluster's addresses. */
  readonly peerAt: (address: string) => NetworkPeer | undefined;
}

export interface DialRequest extends MemoryAddress {
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

const FIRST_PORT = 40_000;

export class MemoryNetwork {
  readonly #options: NetworkOptions;
  /** By IP of the caller and address of the instance. */
  readonly #links = new Map<string, NetworkLink>();
  readonly #ports = new Map<string, MemoryPort>();
  #lastPort = FIRST_PORT;

  constructor(options: NetworkOptions) {
    this.#options = options;
  }

  /** @returns undefined for an address that is none of the cluster's */
  dial(fromHost: string, request: DialRequest): Promise<MemorySocket> | undefined {
    const peer = this.#options.peerAt(addressOf(request));
    if (peer === undefined) return undefined;
    this.#lastPort++;
    return this.#connect({ host: fromHost, port: this.#lastPort }, request, peer);
  }

  /** @returns undefined for an address that is none of the cluster's */
  openUdp(host: string, options: OpenUdpOptions): Promise<UdpPort> | undefined {
    const { peer } = options;
    const isListening = peer === undefined;
    if (!isListening && this.#options.peerAt(addressOf(peer)) === undefined) return undefined;
    const address = { host, port: isListening ? (options.port ?? 0) : ++this.#lastPort };
    const key = addressOf(address);
    const port = new MemoryPort(address, options, {
      onClose: () => {
        if (this.#ports.get(key) === port) this.#ports.delete(key);
      },
      carry: (bytes, to) => this.#carry(port, bytes, to),
    });
    this.#ports.set(key, port);
    return Promise.resolve(port);
  }

  /** The process at this IP address is gone: its ports are closed. */
  closePorts(host: string): void {
    for (const port of [...this.#ports.values()]) if (port.address.host === host) port.close();
  }

  /** There and back, as TCP opens a connection. */
  #connect(from: MemoryAddress, to: DialRequest, peer: NetworkPeer): Promise<MemorySocket> {
    const link = this.#linkOf(from.host, to);
    const { timeoutMs = 1_000, signal } = to;
    return new Promise((resolve, reject) => {
      let isSettled = false;
      const settle = (): void => {
        isSettled = true;
        timer.stop();
        signal?.removeEventListener("abort", onAbort);
      };
      const fail = (error: unknown): void => {
        settle();
        reject(error);
      };
      const onAbort = (): void => fail(signal?.reason);
      const onTimeout = (): void => fail(new NetTimeout({ address: addressOf(to), waitedMs: timeoutMs }));
      const timer = startTimer(link.clock, onTimeout, timeoutMs);
      signal?.addEventListener("abort", onAbort, { once: true });
      this.#hail(link, "requests", () => {
        if (isSettled) return;
        const socket = peer.isUp && !link.isRefused ? this.#join(from, to, { link, peer }) : undefined;
        this.#hail(link, "answers", () => {
          if (socket === undefined) fail(systemError("ECONNREFUSED", to));
          else if (isSettled) socket.destroy();
          else {
            settle();
            resolve(socket);
          }
        });
      });
    });
  }

  /** @returns the caller's end */
  #join(
    from: MemoryAddress,
    to: MemoryAddress,
    { link, peer }: { readonly link: NetworkLink; readonly peer: NetworkPeer },
  ): MemorySocket {
    const { clock, onNews } = this.#options;
    const more = { clock, onNews };
    const wires = { there: new Wire(link, "requests"), back: new Wire(link, "answers") };
    const server = new MemorySocket({ ...more, local: to, remote: from, wire: wires.back, isServer: true });
    const client = new MemorySocket({ ...more, local: from, remote: to, wire: wires.there, isServer: false });
    MemorySocket.join(client, server);
    peer.accept(server);
    return client;
  }

  /** One step of opening a connection. */
  #hail(link: NetworkLink, way: Way, onArrived: () => void): void {
    this.#options.onNews();
    const message = { way, sizeBytes: 0, retransmitMs: DIAL_RETRANSMIT_MS };
    link.sendStream(message, { onArrived, onVanished: () => undefined });
  }

  #carry(from: MemoryPort, bytes: Uint8Array, to: MemoryAddress): void {
    const way = from.isListening ? "answers" : "requests";
    const link = way === "requests" ? this.#linkOf(from.address.host, to) : this.#linkOf(to.host, from.address);
    for (const inMs of link.passDatagram({ way, sizeBytes: bytes.length })) {
      this.#options.onNews();
      const arrive = (): void => {
        const port = this.#ports.get(addressOf(to));
        const isRefused = way === "requests" && (port === undefined || link.isRefused);
        if (!isRefused) port?.receive(bytes, from.address);
        else from.fail(netError(systemError("ECONNREFUSED", to), addressOf(to)));
      };
      link.after(inMs, arrive);
    }
  }

  #linkOf(callerHost: string, callee: MemoryAddress): NetworkLink {
    const key = `${callerHost}>${addressOf(callee)}`;
    let link = this.#links.get(key);
    if (link === undefined) {
      const { stationAt, clock, faults } = this.#options;
      link = new NetworkLink({ from: stationAt(callerHost), to: stationAt(callee.host) }, { faults, clock });
      this.#links.set(key, link);
    }
    return link;
  }
}

export function addressOf({ host, port }: MemoryAddress): string {
  return `${host}:${port}`;
}
