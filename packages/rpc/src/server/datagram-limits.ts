/**
 * What a sender of datagrams is allowed. Its address can be forged, so nobody may use us to flood somebody else: an answer is at most
 * `maxFactor` times as large as its request, and each /24 network of unknown senders has a rate. Networks that the operator trusts
 * (where forged addresses can't come from) have neither limit. Spec: docs/protocols/srpc.md, "UDP".
 */
import { type Clock, isIpv4 } from "@msec/core";
import { NetworkInvalid } from "../errors.js";

export interface DatagramLimits {
  /** IPv4 networks (`10.0.0.0/8`) and addresses without the limits below. Default `127.0.0.0/8`. */
  readonly trusted?: readonly string[];
  /** Largest answer to an unknown sender, as multiple of its request. At least 1. Default 3, as in QUIC (RFC 9000, §8.1). */
  readonly maxFactor?: number;
  /** Datagrams per second of one /24 network of unknown senders; a second's worth may come at once. More are ignored. Default 1000. */
  readonly ratePerSec?: number;
}

export const DEFAULT_TRUSTED: readonly string[] = ["127.0.0.0/8"];
export const DEFAULT_MAX_FACTOR = 3;
export const DEFAULT_RATE_PER_SEC = 1_000;

/** A fixed number of buckets: senders that forge addresses can't make us remember them. Networks of the same hash share one. */
const BUCKETS = 4096;

export interface Network {
  readonly base: number;
  readonly mask: number;
}

/**
 * In numbers: the sender is looked for whenever it changes, which takes a seventh of the time that `AddressList` of net takes. IPv4
 * only, as datagrams are served.
 *
 * @throws RPC_NETWORK_INVALID not `a.b.c.d` or `a.b.c.d/bits`
 */
export function parseNetwork(text: string): Network {
  const [host = "", bitsText = "32", ...rest] = text.split("/");
  const bits = /^\d{1,2}$/.test(bitsText) ? Number(bitsText) : Number.NaN;
  if (rest.length > 0 || !isIpv4(host) || !(bits <= 32)) throw new NetworkInvalid({ value: text });
  const mask = bits === 0 ? 0 : (0xffff_ffff << (32 - bits)) >>> 0;
  return { base: (addressNumber(host) & mask) >>> 0, mask };
}

export class DatagramGuard {
  readonly maxFactor: number;
  /** Datagrams ignored because their network was over its rate. */
  dropped = 0;
  readonly #trusted: readonly Network[];
  readonly #ratePerMs: number;
  readonly #burst: number;
  readonly #clock: Clock;
  readonly #seed: number;
  readonly #tokens = new Float64Array(BUCKETS);
  readonly #filledAtMs = new Float64Array(BUCKETS);
  #lastHost = "";
  #lastNumber = 0;
  #isLastTrusted = false;

  /** @param seed any number of 32 bits, unknown to senders, so that they can't choose whose bucket they empty */
  constructor(limits: DatagramLimits, clock: Clock, seed: number) {
    this.#trusted = (limits.trusted ?? DEFAULT_TRUSTED).map(parseNetwork);
    this.maxFactor = limits.maxFactor ?? DEFAULT_MAX_FACTOR;
    this.#burst = limits.ratePerSec ?? DEFAULT_RATE_PER_SEC;
    this.#ratePerMs = this.#burst / 1000;
    this.#clock = clock;
    this.#seed = seed;
    this.#tokens.fill(this.#burst);
    this.#filledAtMs.fill(clock.monotonicMs());
  }

  /** Largest answer to this datagram; 0 = don't look at it at all. */
  allowance(host: string, requestBytes: number): number {
    if (host !== this.#lastHost) this.#look(host);
    if (this.#isLastTrusted) return Number.POSITIVE_INFINITY;
    if (this.#take(this.#lastNumber)) return requestBytes * this.maxFactor;
    this.dropped++;
    return 0;
  }

  #look(host: string): void {
    this.#lastHost = host;
    this.#lastNumber = addressNumber(host);
    this.#isLastTrusted = this.#trusted.some(({ base, mask }) => (this.#lastNumber & mask) >>> 0 === base);
  }

  #take(address: number): boolean {
    const prefix = address >>> 8;
    const at = (Math.imul(prefix ^ this.#seed, 0x9e37_79b1) >>> 20) % BUCKETS;
    const nowMs = this.#clock.monotonicMs();
    const tokens = this.#tokens[at]! + (nowMs - this.#filledAtMs[at]!) * this.#ratePerMs;
    this.#filledAtMs[at] = nowMs;
    const filled = Math.min(this.#burst, tokens);
    this.#tokens[at] = filled < 1 ? filled : filled - 1;
    return filled >= 1;
  }
}

function addressNumber(host: string): number {
  let number = 0;
  for (const part of host.split(".")) number = (number << 8) | Number(part);
  return number >>> 0;
}
