import type { AppError } from "@msec/core";
import { ClientClosed, TlsRequired, TransportUnsupported } from "../errors.js";
import type { CallAttempt } from "./call-attempt.js";
import type { CallChannel, ChannelHost, ChannelKind, ChannelPlace } from "./call-channel.js";
import type { DialBackoff } from "./dial-backoff.js";
import type { LostConnections } from "./lost-connections.js";

/** Where a call goes. */
export interface CallPlace {
  readonly host: string;
  readonly port: number;
  readonly transport: "tcp" | "udp" | "tls";
  /** `First.Second` that must prove its name there. */
  readonly service?: string;
}

export interface PoolHost extends ChannelHost {
  readonly limits: ChannelHost["limits"] & {
    readonly connectionsPerAddress: number;
    readonly serialConnectionsPerAddress: number;
  };
  readonly backoff: DialBackoff;
  readonly lost: LostConnections;
  readonly isClosed: boolean;
  dropPool(pool: ChannelPool): void;
}

/** `ip:port`, with brackets around an IPv6 address. */
export function addressText(host: string, port: number): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/** The connections of one protocol to one address. They are opened when a call needs one. */
export class ChannelPool implements ChannelPlace {
  readonly host: string;
  readonly port: number;
  readonly transport: "tcp" | "udp" | "tls";
  readonly isSecure: boolean;
  readonly service: string | undefined;
  readonly kind: ChannelKind;
  /** `ip:port`. */
  readonly address: string;
  /** `[address]`, made once: most calls have tried exactly this. */
  readonly asTried: readonly string[];
  /** An address may refuse to be one service and be another, and refuse TLS and take plain connections. */
  readonly #backoffKey: string;
  readonly #client: PoolHost;
  readonly #maxChannels: number;
  readonly #channels: CallChannel[] = [];
  /** Serial protocols: attempts that wait for a free connection. They leave at their deadline at the latest. */
  #queue: CallAttempt[] = [];

  constructor(client: PoolHost, at: CallPlace, kind: ChannelKind) {
    this.#client = client;
    this.host = at.host;
    this.port = at.port;
    this.transport = at.transport;
    this.isSecure = at.transport === "tls" || (kind.isOurs === true && client.tls?.mode === "required");
    this.service = at.service;
    this.kind = kind;
    this.address = addressText(at.host, at.port);
    this.asTried = [this.address];
    const dialled = this.isSecure ? `${this.address}@tls` : this.address;
    this.#backoffKey = at.service === undefined ? dialled : `${at.service}@${dialled}`;
    const { connectionsPerAddress, serialConnectionsPerAddress } = client.limits;
    this.#maxChannels = kind.isSerial ? serialConnectionsPerAddress : connectionsPerAddress;
  }

  get connections(): number {
    return this.#channels.length;
  }

  /** Hands the attempt to the least loaded connection; to a further one while there may be more and none is free. */
  send(attempt: CallAttempt): void {
    if (attempt.call.isShort || (this.kind.isSerial && this.transport === "udp")) {
      this.#sendAlone(attempt);
      return;
    }
    const best = this.#leastLoaded();
    if (best === undefined || (best.load > 0 && this.#channels.length < this.#maxChannels)) {
      const channel = this.#open(attempt);
      if (channel === undefined) return;
      this.#channels.push(channel);
      channel.send(attempt);
    } else if (this.kind.isSerial && best.load > 0) this.#queue.push(attempt);
    else best.send(attempt);
  }

  onDialed(): void {
    this.#client.backoff.succeeded(this.#backoffKey);
  }

  onDialFailed(error: unknown): void {
    this.#client.backoff.failed(this.#backoffKey, error, this.#client.clock.monotonicMs());
  }

  onLost(hasAnswered: boolean): boolean {
    return this.#client.lost.note(this.#backoffKey, hasAnswered);
  }

  drop(channel: CallChannel): void {
    const at = this.#channels.indexOf(channel);
    if (at >= 0) this.#channels.splice(at, 1);
    if (this.#queue.length > 0) this.#sendQueue();
    if (this.#channels.length === 0) this.#client.dropPool(this);
  }

  /** The next of those who wait goes there, and the next again when nothing came of it; unless the connection takes no more calls. */
  onFree(channel: CallChannel): void {
    if (this.#queue.length === 0 || !this.#channels.includes(channel)) return;
    for (let next = this.#nextQueued(); next !== undefined; next = this.#nextQueued()) {
      channel.send(next);
      if (channel.load > 0) return;
    }
  }

  #leastLoaded(): CallChannel | undefined {
    const channels = this.#channels;
    let best = channels[0];
    for (let i = 1; i < channels.length; i++) if (channels[i]!.load < best!.load) best = channels[i];
    return best;
  }

  /** A connection of its own, which closes after the answer. */
  #sendAlone(attempt: CallAttempt): void {
    const channel = this.#open(attempt);
    if (channel === undefined) return;
    channel.send(attempt);
    channel.retire();
  }

  #open(attempt: CallAttempt): CallChannel | undefined {
    const client = this.#client;
    const { only } = this.kind;
    if (only !== undefined && (only === "udp") !== (this.transport === "udp")) {
      client.dropPool(this);
      const { address, transport } = this;
      attempt.call.onUnsendable(attempt, new TransportUnsupported({ supported: only, address, transport }));
      return undefined;
    }
    const refusal = this.#refusal(attempt);
    if (refusal !== undefined) {
      if (this.#channels.length === 0) client.dropPool(this);
      attempt.onLost(refusal);
      return undefined;
    }
    if (this.transport !== "udp") return this.kind.openTcp(client, this);
    if (!this.isSecure) return this.kind.openUdp(client, this);
    client.dropPool(this);
    attempt.onLost(new TlsRequired({}));
    return undefined;
  }

  /** Why nothing is opened now. Datagrams are sent without dialling. */
  #refusal(attempt: CallAttempt): AppError | undefined {
    const { isClosed, service, backoff, clock } = this.#client;
    if (isClosed) return new ClientClosed({ service });
    if (attempt.call.isProbe || this.transport === "udp") return undefined;
    return backoff.refusal(this.#backoffKey, clock.monotonicMs());
  }

  #nextQueued(): CallAttempt | undefined {
    const queue = this.#queue;
    while (queue.length > 0) {
      const next = queue.shift()!;
      if (!next.isDone) return next;
    }
    return undefined;
  }

  /** A connection is gone: those who wait look for another one. */
  #sendQueue(): void {
    const queue = this.#queue;
    this.#queue = [];
    for (const attempt of queue) if (!attempt.isDone) this.send(attempt);
  }
}
