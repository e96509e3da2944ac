import { type ChannelHost, type ChannelPlace, TcpChannel } from "./tcp-channel.js";

export interface PoolHost extends ChannelHost {
  readonly limits: ChannelHost["limits"] & { readonly connectionsPerAddress: number };
  dropPool(pool: TcpPool): void;
}

/** The connections to one address. They are opened when a call needs one. */
export class TcpPool implements ChannelPlace {
  readonly host: string;
  readonly port: number;
  /** `ip:port`. */
  readonly address: string;
  /** `[address]`, made once: most calls have tried exactly this. */
  readonly asTried: readonly string[];
  readonly #client: PoolHost;
  readonly #channels: TcpChannel[] = [];

  constructor(client: PoolHost, host: string, port: number) {
    this.#client = client;
    this.host = host;
    this.port = port;
    this.address = `${host}:${port}`;
    this.asTried = [this.address];
  }

  get connections(): number {
    return this.#channels.length;
  }

  /** The least loaded connection; a further one while there may be more and none is free. */
  channel(): TcpChannel {
    const channels = this.#channels;
    let best = channels[0];
    for (let i = 1; i < channels.length; i++) if (channels[i]!.load < best!.load) best = channels[i];
    if (best !== undefined && (best.load === 0 || channels.length >= this.#client.limits.connectionsPerAddress)) {
      return best;
    }
    const channel = new TcpChannel(this.#client, this);
    channels.push(channel);
    return channel;
  }

  /** This connection takes no more calls. */
  drop(channel: TcpChannel): void {
    const at = this.#channels.indexOf(channel);
    if (at >= 0) this.#channels.splice(at, 1);
    if (this.#channels.length === 0) this.#client.dropPool(this);
  }
}
