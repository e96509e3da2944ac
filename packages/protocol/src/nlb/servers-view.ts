/**
 * View on the bytes of a `servers.dat`. It holds no copy: what is read is what is there now, and counters are changed with
 * atomics, since other processes write them too.
 */
import { hostOfIpKey, ipKeyOf } from "./ip-key.js";
import {
  NLB_DEFAULT_TUNING,
  NLB_MAX_PORTS,
  NLB_MAX_SERVERS,
  NLB_RATIOS,
  NLB_SERVER_BYTES,
  NLB_SERVERS_HEADER_BYTES,
  NLB_TRANSPORTS,
  NLB_VERSION,
  NLB_WORD,
  type NlbServer,
  type NlbTransport,
  type NlbTuning,
  nlbTransportOf,
} from "./layout.js";

const SERVER_WORDS = NLB_SERVER_BYTES / 4;
const FIRST_SERVER_WORD = NLB_SERVERS_HEADER_BYTES / 4;
/** Fields of a server in words of 32, 16 and 64 bits from its start. */
const IP = 0;
const WEIGHT_BASE = 1;
const STATIC = 4;
const DYNAMIC = 5;
const TRANSPORT = 6;
const PORT_COUNT = 7;
const PORTS = 8;
const FAILED = 8;
const SUCCESS = 9;
const COST = 5;
const DEAD_TIME = 6;

/** What callers counted of a server since the last cycle. */
export interface NlbCounters {
  readonly failed: number;
  readonly success: number;
  readonly cost: bigint;
}

/** One of the two tables of a service. */
export class NlbServersView {
  readonly bytes: Uint8Array;
  /** All of the table as unsigned words; indexes of the header are `NLB_WORD`. */
  readonly words: Uint32Array;
  /** Servers there is room for. */
  readonly room: number;
  readonly #counters: Int32Array;
  readonly #floats: Float32Array;
  readonly #halves: Uint16Array;
  readonly #longs: BigUint64Array;

  /** @param buffer at least the header; a file or a part of memory of that layout */
  constructor(buffer: ArrayBuffer) {
    const room = Math.floor((buffer.byteLength - NLB_SERVERS_HEADER_BYTES) / NLB_SERVER_BYTES);
    this.room = Math.min(NLB_MAX_SERVERS, room);
    const sizeBytes = NLB_SERVERS_HEADER_BYTES + this.room * NLB_SERVER_BYTES;
    this.bytes = new Uint8Array(buffer, 0, sizeBytes);
    this.words = new Uint32Array(buffer, 0, sizeBytes / 4);
    this.#counters = new Int32Array(buffer, 0, sizeBytes / 4);
    this.#floats = new Float32Array(buffer, 0, sizeBytes / 4);
    this.#halves = new Uint16Array(buffer, 0, sizeBytes / 2);
    this.#longs = new BigUint64Array(buffer, 0, sizeBytes / 8);
  }

  /** Never more than there is room for, whatever the file says. */
  get serverCount(): number {
    return Math.min(this.words[NLB_WORD.serverNum] ?? 0, this.room);
  }

  /** Dead servers, at the end of the array. */
  get deadCount(): number {
    return Math.min(this.words[NLB_WORD.deadNum] ?? 0, this.serverCount);
  }

  word(index: number): number {
    return this.words[index] ?? 0;
  }

  setWord(index: number, value: number): void {
    this.words[index] = value;
  }

  /** A ratio of the header, as the 32-bit float it is. */
  ratio(index: number): number {
    return this.#floats[index] ?? 0;
  }

  /** Totals of the header: `NLB_WORD.costTotal`, `successTotal`, `failTotal`. */
  setTotal(index: number, value: bigint): void {
    this.#longs[index / 2] = value;
  }

  total(index: number): bigint {
    return this.#longs[index / 2] ?? 0n;
  }

  tuning(): NlbTuning {
    const tuning: Record<string, number> = { shaping_request_min: this.word(NLB_WORD.shaping_request_min) | 0 };
    for (const name of NLB_RATIOS) tuning[name] = this.ratio(NLB_WORD[name]);
    return tuning as unknown as NlbTuning;
  }

  /** Missing values get their defaults. */
  setTuning(given: Partial<NlbTuning>): void {
    const tuning = { ...NLB_DEFAULT_TUNING, ...given };
    this.words[NLB_WORD.version] = NLB_VERSION;
    this.words[NLB_WORD.shaping_request_min] = tuning.shaping_request_min;
    for (const name of NLB_RATIOS) this.#floats[NLB_WORD[name]] = tuning[name];
  }

  /** Whether {@link setTuning} would change nothing. */
  hasTuning(given: Partial<NlbTuning>): boolean {
    const tuning = { ...NLB_DEFAULT_TUNING, ...given };
    const own = this.tuning();
    const isSameLeast = own.shaping_request_min === tuning.shaping_request_min;
    return isSameLeast && NLB_RATIOS.every((name) => own[name] === Math.fround(tuning[name]));
  }

  ipKey(server: number): number {
    return this.words[wordOf(server) + IP] ?? 0;
  }

  host(server: number): string {
    return hostOfIpKey(this.ipKey(server));
  }

  weightBase(server: number): number {
    return this.words[wordOf(server) + WEIGHT_BASE] ?? 0;
  }

  setWeightBase(server: number, value: number): void {
    this.words[wordOf(server) + WEIGHT_BASE] = value;
  }

  staticWeight(server: number): number {
    return this.#halves[wordOf(server) * 2 + STATIC] ?? 0;
  }

  dynamicWeight(server: number): number {
    return this.#halves[wordOf(server) * 2 + DYNAMIC] ?? 0;
  }

  /** Kept modulo 2^16. */
  setDynamicWeight(server: number, value: number): void {
    this.#halves[wordOf(server) * 2 + DYNAMIC] = value;
  }

  transport(server: number): NlbTransport {
    return nlbTransportOf(this.#halves[wordOf(server) * 2 + TRANSPORT] ?? 0);
  }

  portCount(server: number): number {
    return Math.min(this.#halves[wordOf(server) * 2 + PORT_COUNT] ?? 0, NLB_MAX_PORTS);
  }

  port(server: number, index: number): number {
    return this.#halves[wordOf(server) * 2 + PORTS + index] ?? 0;
  }

  failed(server: number): number {
    return this.words[wordOf(server) + FAILED] ?? 0;
  }

  success(server: number): number {
    return this.words[wordOf(server) + SUCCESS] ?? 0;
  }

  cost(server: number): bigint {
    return this.#longs[longOf(server) + COST] ?? 0n;
  }

  /** Epoch milliseconds; 0 = alive. */
  deadAtMs(server: number): number {
    return Number(this.#longs[longOf(server) + DEAD_TIME] ?? 0n);
  }

  setDeadAtMs(server: number, atMs: number): void {
    this.#longs[longOf(server) + DEAD_TIME] = BigInt(Math.max(0, Math.trunc(atMs)));
  }

  /** Takes the counters away, so that each count is used once. */
  swapCounters(server: number): NlbCounters {
    const word = wordOf(server);
    const failed = Atomics.exchange(this.#counters, word + FAILED, 0) >>> 0;
    const success = Atomics.exchange(this.#counters, word + SUCCESS, 0) >>> 0;
    return { failed, success, cost: Atomics.exchange(this.#longs, longOf(server) + COST, 0n) };
  }

  /** Counts in atomically; an amount of 0 costs nothing. */
  addCounters(server: number, counters: NlbCounters): void {
    const word = wordOf(server);
    if (counters.failed !== 0) Atomics.add(this.#counters, word + FAILED, counters.failed);
    if (counters.success !== 0) Atomics.add(this.#counters, word + SUCCESS, counters.success);
    if (counters.cost !== 0n) Atomics.add(this.#longs, longOf(server) + COST, counters.cost);
  }

  /** Plain write, for a table that nobody else sees. */
  setCounters(server: number, { failed, success, cost }: NlbCounters): void {
    this.words[wordOf(server) + FAILED] = failed;
    this.words[wordOf(server) + SUCCESS] = success;
    this.#longs[longOf(server) + COST] = cost;
  }

  /** Takes one of the probes of dead servers that are left in this cycle. */
  takeProbe(): boolean {
    for (;;) {
      const left = Atomics.load(this.#counters, NLB_WORD.deadRetryTimes);
      if (left <= 0) return false;
      if (Atomics.compareExchange(this.#counters, NLB_WORD.deadRetryTimes, left, left - 1) === left) return true;
    }
  }

  /** Writes all of a server: full weight, alive, no counts. More than eight ports are cut off. */
  setServer(server: number, { host, ports, transport, weight }: NlbServer): void {
    const word = wordOf(server);
    this.words.fill(0, word, word + SERVER_WORDS);
    this.words[word + IP] = ipKeyOf(host);
    const half = word * 2;
    this.#halves[half + STATIC] = weight;
    this.#halves[half + DYNAMIC] = weight;
    this.#halves[half + TRANSPORT] = NLB_TRANSPORTS[transport];
    this.#halves[half + PORT_COUNT] = Math.min(ports.length, NLB_MAX_PORTS);
    for (const [n, port] of ports.slice(0, NLB_MAX_PORTS).entries()) this.#halves[half + PORTS + n] = port;
  }

  server(server: number): NlbServer {
    const ports = Array.from({ length: this.portCount(server) }, (_, n) => this.port(server, n));
    const [host, transport, weight] = [this.host(server), this.transport(server), this.staticWeight(server)];
    return { host, ports, transport, weight };
  }

  swapServers(one: number, other: number): void {
    if (one === other) return;
    const [a, b] = [wordOf(one), wordOf(other)];
    const kept = this.words.slice(a, a + SERVER_WORDS);
    this.words.copyWithin(a, b, b + SERVER_WORDS);
    this.words.set(kept, b);
  }

  /** Copies header and the servers in use of another table; their number is then one that is true. Plain writes. */
  copyFrom(other: NlbServersView): void {
    const count = Math.min(other.serverCount, this.room);
    this.bytes.set(other.bytes.subarray(0, NLB_SERVERS_HEADER_BYTES + count * NLB_SERVER_BYTES));
    this.words[NLB_WORD.serverNum] = count;
  }
}

function wordOf(server: number): number {
  return FIRST_SERVER_WORD + server * SERVER_WORDS;
}

function longOf(server: number): number {
  return wordOf(server) / 2;
}
