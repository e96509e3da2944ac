import type { ChannelKind } from "./call-channel.js";
import { type CallPlace, ChannelPool, type PoolHost } from "./channel-pool.js";

/** The pools of one protocol, by host, then port: no text is built to find one. */
export class PoolSet {
  readonly #client: PoolHost;
  readonly #kind: ChannelKind;
  readonly #service: string | undefined;
  readonly #tcp = new Map<string, Map<number, ChannelPool>>();
  readonly #others = {
    udp: new Map<string, Map<number, ChannelPool>>(),
    tls: new Map<string, Map<number, ChannelPool>>(),
  };

  /** @param service that all of them must prove to be */
  constructor(client: PoolHost, kind: ChannelKind, service?: string) {
    this.#client = client;
    this.#kind = kind;
    this.#service = service;
  }

  get isEmpty(): boolean {
    return this.#tcp.size + this.#others.udp.size + this.#others.tls.size === 0;
  }

  of(at: CallPlace): ChannelPool {
    const pools = at.transport === "tcp" ? this.#tcp : this.#others[at.transport];
    return pools.get(at.host)?.get(at.port) ?? this.#add(at);
  }

  /** False when it is not (or no longer) the pool of its address. */
  drop(pool: ChannelPool): boolean {
    const pools = pool.transport === "tcp" ? this.#tcp : this.#others[pool.transport];
    const byPort = pools.get(pool.host);
    if (byPort?.get(pool.port) !== pool) return false;
    byPort.delete(pool.port);
    if (byPort.size === 0) pools.delete(pool.host);
    return true;
  }

  #add(at: CallPlace): ChannelPool {
    const pools = at.transport === "tcp" ? this.#tcp : this.#others[at.transport];
    const { host, port, transport } = at;
    const service = this.#service;
    const place = service === undefined ? at : { host, port, transport, service };
    const pool = new ChannelPool(this.#client, place, this.#kind);
    const byPort = pools.get(at.host);
    if (byPort === undefined) pools.set(at.host, new Map([[at.port, pool]]));
    else byPort.set(at.port, pool);
    return pool;
  }
}
