import type { CallChannel, ChannelHost, ChannelPlace } from "./call-channel.js";
import { TcpChannel } from "./tcp-channel.js";
import { UdpChannel } from "./udp-channel.js";

/** Where a call goes. */
export interface CallPlace {
  readonly host: string;
  readonly port: number;
  readonly transport: "tcp" | "udp";
}

export interface PoolHost extends ChannelHost {
  readonly limits: ChannelHost["limits"] & { readonly connectionsPerAddress: number };
  dropPool(pool: ChannelPool): void;
}

/** The connections to one address. They are opened when a call needs one. */
export class ChannelPool implements ChannelPlace {
  readonly host: string;
  readonly port: number;
  readonly transport: "tcp" | "udp";
  /** `ip:port`. */
  readonly address: string;
  /** `[address]`, made once: most calls have tried exactly this. */
  readonly asTried: readonly string[];
  readonly #client: PoolHost;
  readonly #channels: CallChannel[] = [];

  constructor(client: PoolHost, at: CallPlace) {
    this.#client = client;
    this.host = at.host;
    this.port = at.port;
    this.transport = at.transport;
    this.address = `${at.host}:${at.port}`;
    this.asTried = [this.address];
  }

  get connections(): number {
    return this.#channels.length;
  }

  /** The least loaded connection; a further one while there may be more and none is free. */
  channel(): CallChannel {
    const channels = this.#channels;
    let best = channels[0];
    for (let i = 1; i < channels.length; i++) if (channels[i]!.load < best!.load) best = channels[i];
    if (best !== undefined && (best.load === 0 || channels.length >= this.#client.limits.connectionsPerAddress)) {
      return best;
    }
    const channel = this.transport === "tcp" ? new TcpChannel(this.#client, this) : new UdpChannel(this.#client, this);
    channels.push(channel);
    return channel;
  }

  /** This connection takes no more calls. */
  drop(channel: CallChannel): void {
    const at = this.#channels.indexOf(channel);
    if (at >= 0) this.#channels.splice(at, 1);
    if (this.#channels.length === 0) this.#client.dropPool(this);
  }
}
