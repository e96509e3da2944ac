/**
 * A live table as services see it: who serves a name (a snapshot under a seqlock) and how each instance does (words that all
 * processes of the machine change with atomics). Nothing here waits, and nothing allocates unless the membership changed.
 */
import { checkLayout, tryOpenLiveFile } from "./live-file.js";
import {
  HEADER,
  healthWord,
  LIVE_FIELD,
  LIVE_HEADER_BYTES,
  type LiveField,
  type LiveLocality,
  type LiveShape,
  type LiveTransport,
} from "./live-layout.js";
import { EMPTY_SNAPSHOT, type LiveSnapshot, type Nearness, tryReadSnapshot } from "./live-snapshot.js";
import { OwnCalls } from "./own-calls.js";
import { openSharedFile, type SharedFile, tryFileIdentity } from "./shared-file.js";

/**
 * Most retry tokens a callee can have saved, in thousandths: enough for all calls that one of a few busy instances holds when it falls
 * silent, and the most that is sent on top when the whole service does.
 */
export const RETRY_TOKENS_MAX_MILLI = 500_000;

/**
 * Opens the table of a service that an agent keeps.
 *
 * @throws {SharedFileMissing} no agent has written it yet
 * @throws {SharedLayoutInvalid} not a live table, or one of another layout version
 */
export function openLiveTable(path: string): LiveTable {
  return new LiveTable(path);
}

export class LiveTable {
  readonly path: string;
  #file: SharedFile;
  #words: Int32Array;
  #shape: LiveShape;
  #calls: OwnCalls;
  #snapshot: LiveSnapshot = EMPTY_SNAPSHOT;
  #version = 0;

  /** Use {@link openLiveTable}. */
  constructor(path: string) {
    this.path = path;
    this.#file = openSharedFile(path, { sizeBytes: LIVE_HEADER_BYTES });
    this.#words = new Int32Array(this.#file.buffer);
    this.#shape = checkLayout(this.#file);
    this.#calls = new OwnCalls(this.#words, this.#shape);
    this.refresh();
  }

  /** What this process knows of the members; replaced as a whole by {@link refresh}. */
  get snapshot(): LiveSnapshot {
    return this.#snapshot;
  }

  /** Changes with every change of the members. */
  get version(): number {
    return this.#version;
  }

  get count(): number {
    return this.#snapshot.count;
  }

  get revision(): number {
    return this.#snapshot.revision;
  }

  get policyId(): number {
    return this.#snapshot.policyId;
  }

  get capacity(): number {
    return this.#shape.capacity;
  }

  /** What the service asks for; {@link nearness} has it taken into account. */
  get locality(): LiveLocality {
    return this.#snapshot.locality;
  }

  /**
   * Takes over a change of the members if there is one. One read when there is none, so call it before each pick.
   * A writer that died in the middle of a change leaves the last whole snapshot in use.
   *
   * @returns true when the members changed
   */
  refresh(): boolean {
    if (this.#words[HEADER.sequence] === this.#snapshot.sequence) return false;
    if (Atomics.load(this.#words, HEADER.superseded) !== 0 && this.reopenIfReplaced()) return true;
    const snapshot = tryReadSnapshot(this.#words, this.#shape.capacity);
    if (!snapshot || snapshot.sequence === this.#snapshot.sequence) return false;
    this.#calls.forgetChanged(this.#snapshot.generations, snapshot.generations);
    this.#snapshot = snapshot;
    this.#version += 1;
    return true;
  }

  /**
   * Maps the file that is at the path now if it is another one (grown, or made anew after someone deleted it). Growing is
   * noticed by {@link refresh} itself; call this every few seconds to notice the other case. Calls in flight move over to a
   * file that grew; those of a file that somebody deleted are forgotten.
   */
  reopenIfReplaced(): boolean {
    this.#calls.retryClaim();
    if ((tryFileIdentity(this.path) ?? this.#file.identity) === this.#file.identity) return false;
    const found = tryOpenLiveFile(this.path);
    if (!found) return false; // another version's: what is known goes on being used
    const { file, shape } = found;
    const [old, known] = [this.#calls, this.#snapshot];
    const isGrown = Atomics.load(this.#words, HEADER.superseded) !== 0;
    this.#file = file;
    this.#shape = shape;
    this.#words = new Int32Array(file.buffer);
    this.#snapshot = tryReadSnapshot(this.#words, shape.capacity) ?? { ...known, sequence: -1 };
    this.#calls = new OwnCalls(this.#words, shape);
    if (isGrown) this.#calls.takeOver(old, known.generations, this.#snapshot.generations);
    old.close();
    this.#version += 1;
    return true;
  }

  slotAt(index: number): number {
    return this.#snapshot.slots[index] ?? -1;
  }

  weight(slot: number): number {
    return this.#snapshot.weights[slot] ?? 0;
  }

  generation(slot: number): number {
    return this.#snapshot.generations[slot] ?? 0;
  }

  host(slot: number): string {
    return this.#snapshot.hosts[slot] ?? "";
  }

  port(slot: number): number {
    return this.#snapshot.ports[slot] ?? 0;
  }

  transport(slot: number): LiveTransport {
    return this.#snapshot.transports[slot] ?? "all";
  }

  /** As far as the service asks for it: 2 = same rack, 1 = same zone, 0 = elsewhere or not asked. */
  nearness(slot: number): Nearness {
    return (this.#snapshot.nearness[slot] ?? 0) as Nearness;
  }

  /** `ip:port`, `[ip]:port` for IPv6. */
  address(slot: number): string {
    return this.#snapshot.addresses[slot] ?? "";
  }

  /**
   * A plain read: words are aligned, so they are never torn, and a value a few nanoseconds old is as good. `Atomics.load`
   * costs 20 to 30 ns here, a plain read less than 1 (docs/adr/0002-shared-memory.md).
   */
  get(slot: number, field: LiveField): number {
    if (field === LIVE_FIELD.inFlight) return this.#calls.inFlight(slot);
    return this.#words[healthWord(slot, field)] ?? 0;
  }

  /** A plain write, not torn either. A race with another writer loses one of the two values, so only for what allows that. */
  set(slot: number, field: LiveField, value: number): void {
    this.#words[healthWord(slot, field)] = value;
  }

  /** Adds and gives the old value. */
  add(slot: number, field: LiveField, delta: number): number {
    return Atomics.add(this.#words, healthWord(slot, field), delta);
  }

  /** Sets `next` if the value is `expected`; gives the value found. */
  compareExchange(slot: number, field: LiveField, expected: number, next: number): number {
    return Atomics.compareExchange(this.#words, healthWord(slot, field), expected, next);
  }

  /** Counts a call in flight. Calls of a thread that dies are taken back by the writer. */
  begin(slot: number): void {
    this.#calls.begin(slot);
  }

  /** Counts it out. Ignored when the slot belongs to another instance since. */
  end(slot: number, generation: number): void {
    if (generation === this.generation(slot)) this.#calls.end(slot);
  }

  /** Takes one token from the machine's budget for repeats of calls to this service; false when it is used up. */
  takeRetryToken(): boolean {
    for (;;) {
      const have = Atomics.load(this.#words, HEADER.retryTokensMilli);
      if (have < 1_000) return false;
      if (Atomics.compareExchange(this.#words, HEADER.retryTokensMilli, have, have - 1_000) === have) return true;
    }
  }

  /** Pays into the budget, in thousandths of a token; 100 per successful call allows repeats for a tenth of the calls. */
  addRetryTokens(milli: number): void {
    const have = this.#words[HEADER.retryTokensMilli] ?? 0;
    if (have >= RETRY_TOKENS_MAX_MILLI) return;
    const next = Math.min(have + milli, RETRY_TOKENS_MAX_MILLI);
    Atomics.compareExchange(this.#words, HEADER.retryTokensMilli, have, next); // a lost race costs one deposit
  }

  /** Gives the process row back. The mapping stays: other views of it may live. */
  close(): void {
    this.#calls.close();
  }
}
