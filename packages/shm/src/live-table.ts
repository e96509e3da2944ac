/**
 * A live table as services see it: who serves a name (a snapshot under a seqlock) and how each instance does (words that all
 * processes of the machine change with atomics). Nothing here waits, and nothing allocates unless the membership changed.
 */
import { SharedLayoutInvalid } from "./errors.js";
import {
  HEADER,
  healthWord,
  inFlightWord,
  LIVE_FIELD,
  LIVE_HEADER_BYTES,
  LIVE_LAYOUT_VERSION,
  LIVE_MAGIC,
  LIVE_MAX_CAPACITY,
  LIVE_PROCESS_ROWS,
  LIVE_SLOT_BYTES,
  type LiveField,
  type LiveTransport,
  liveTableBytes,
} from "./live-layout.js";
import { EMPTY_SNAPSHOT, type LiveSnapshot, tryReadSnapshot } from "./live-snapshot.js";
import { claimProcessRow, releaseProcessRow } from "./process-rows.js";
import { openSharedFile, type SharedFile, tryFileIdentity } from "./shared-file.js";

/**
 * Most retry tokens a callee can have saved, in thousandths: enough for all calls that one of a few busy instances holds when it falls
 * silent, and the most that is sent on top when the whole service does.
 */
export const RETRY_TOKENS_MAX_MILLI = 500_000;
/** What a new table starts with. */
export const RETRY_TOKENS_FIRST_MILLI = 10_000;

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
  #capacity: number;
  #snapshot: LiveSnapshot = EMPTY_SNAPSHOT;
  #version = 0;
  #row = -2;

  /** Use {@link openLiveTable}. */
  constructor(path: string) {
    this.path = path;
    this.#file = openSharedFile(path, { sizeBytes: LIVE_HEADER_BYTES });
    this.#words = new Int32Array(this.#file.buffer);
    this.#capacity = checkLayout(this.#file);
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
    return this.#capacity;
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
    const snapshot = tryReadSnapshot(this.#words, this.#capacity);
    if (!snapshot || snapshot.sequence === this.#snapshot.sequence) return false;
    this.#snapshot = snapshot;
    this.#version += 1;
    return true;
  }

  /**
   * Maps the file that is at the path now if it is another one (grown, or made anew after someone deleted it). Growing is
   * noticed by {@link refresh} itself; call this every few seconds to notice the other case. Calls in flight stay counted in the old file.
   */
  reopenIfReplaced(): boolean {
    if ((tryFileIdentity(this.path) ?? this.#file.identity) === this.#file.identity) return false;
    const file = openSharedFile(this.path, { sizeBytes: LIVE_HEADER_BYTES });
    this.#capacity = checkLayout(file);
    releaseProcessRow(this.#words, this.#row);
    this.#row = -2;
    this.#file = file;
    this.#words = new Int32Array(file.buffer);
    const snapshot = tryReadSnapshot(this.#words, this.#capacity);
    this.#snapshot = snapshot ?? { ...this.#snapshot, sequence: -1 };
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

  /** `ip:port`. */
  address(slot: number): string {
    return this.#snapshot.addresses[slot] ?? "";
  }

  /**
   * A plain read: words are aligned, so they are never torn, and a value a few nanoseconds old is as good. `Atomics.load`
   * costs 20 to 30 ns here, a plain read less than 1 (docs/adr/0002-shared-memory.md).
   */
  get(slot: number, field: LiveField): number {
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

  /**
   * Counts a call in flight, also in this process's own row, so that the agent can take it back if this process dies.
   * A process that finds all 64 rows taken counts nothing.
   */
  begin(slot: number): void {
    if (this.#row === -2) this.#row = claimProcessRow(this.#words);
    if (this.#row < 0) return;
    const word = this.#rowWord(slot);
    this.#words[word] = (this.#words[word] ?? 0) + 1; // this process's own word: no other one writes it
    Atomics.add(this.#words, healthWord(slot, LIVE_FIELD.inFlight), 1);
  }

  /** Counts it out. Ignored when the slot belongs to another instance since. */
  end(slot: number, generation: number): void {
    if (this.#row < 0 || generation !== this.generation(slot)) return;
    const word = this.#rowWord(slot);
    if ((this.#words[word] ?? 0) <= 0) return; // begun in a file that was replaced since
    this.#words[word] = (this.#words[word] ?? 0) - 1;
    Atomics.sub(this.#words, healthWord(slot, LIVE_FIELD.inFlight), 1);
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
    releaseProcessRow(this.#words, this.#row);
    this.#row = -1;
  }

  #rowWord(slot: number): number {
    return inFlightWord(this.#capacity) + this.#row * this.#capacity + slot;
  }
}

/** Checks the header against the file and gives the capacity. @throws {SharedLayoutInvalid} */
export function checkLayout(file: SharedFile): number {
  const words = new Int32Array(file.buffer);
  const path = file.path;
  const expect = (field: keyof typeof HEADER, wanted: number) => {
    const value = words[HEADER[field]] ?? 0;
    if (value !== wanted) throw new SharedLayoutInvalid({ path, field, value, expected: String(wanted) });
  };
  expect("magic", LIVE_MAGIC);
  expect("layoutVersion", LIVE_LAYOUT_VERSION);
  expect("slotBytes", LIVE_SLOT_BYTES);
  expect("processRows", LIVE_PROCESS_ROWS);
  const capacity = words[HEADER.capacity] ?? 0;
  if (capacity < 1 || capacity > LIVE_MAX_CAPACITY || liveTableBytes(capacity) > file.sizeBytes) {
    const expected = `1 to ${LIVE_MAX_CAPACITY}, and room for it in ${file.sizeBytes} B`;
    throw new SharedLayoutInvalid({ path, field: "capacity", value: capacity, expected });
  }
  return capacity;
}
