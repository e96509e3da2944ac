/**
 * The ring of metric records: many producers, many consumers, no locks, no system calls. Positions move by compare-and-swap;
 * a record becomes visible when its start token is stored, last.
 *
 * Stricter than the archived readers where they lose records: the payload is copied before the head moves, a record is never
 * dropped for being longer than a buffer, and an unfinished record is given up only after ten empty reads *and* a grace
 * time, so that a producer that was merely descheduled keeps its record.
 */
import { SharedArgumentInvalid, SharedLayoutInvalid } from "./errors.js";
import {
  RING_HEADER_BYTES,
  RING_MAX_RECORD_BYTES,
  RING_RESERVED_SLOTS,
  RING_SLOT_HEAD_BYTES,
  RING_SLOT_WORD,
  RING_WORD,
  type RingShape,
  ringShape,
  ringSlotsFor,
  TOKEN_NONE,
  TOKEN_SKIPPED,
  TOKEN_START,
} from "./monitor-ring-layout.js";
import { openSharedFile, type SharedFile } from "./shared-file.js";

/** Well below {@link RING_RESERVED_SLOTS}. */
const MAX_SKIP_SLOTS = 64;

export interface CreateRingOptions {
  /** Payload bytes of a slot, rounded up to a multiple of 8. Default 32. */
  readonly elementSizeBytes?: number;
  /** Slots, more than 100; 100 of them always stay free. 4,000,000 in existing installations (197 MB). */
  readonly elementCount: number;
  /** Permissions. Default 0600; 0666 lets services of other users report, and everybody write whatever they like. */
  readonly mode?: number;
}

export interface RingReadOptions {
  /** How long an unfinished record holds up the ring. Default 1000. Shorter may lose a record of a slow producer. */
  readonly graceMs?: number;
  readonly nowMs?: () => number;
}

/**
 * Makes the ring, or opens it when it exists with the same geometry.
 *
 * @throws {SharedArgumentInvalid} elementCount ≤ 100 or elementSizeBytes ≤ 0
 * @throws {SharedLayoutInvalid} a ring of another geometry is there
 */
export function createMonitorRing(path: string, opts: CreateRingOptions, read: RingReadOptions = {}): MonitorRing {
  const sizeBytes = opts.elementSizeBytes ?? 32;
  if (!Number.isInteger(sizeBytes) || sizeBytes <= 0)
    throw invalid("elementSizeBytes", sizeBytes, "a whole number above 0");
  if (!Number.isInteger(opts.elementCount) || opts.elementCount <= RING_RESERVED_SLOTS) {
    throw invalid("elementCount", opts.elementCount, `a whole number above ${RING_RESERVED_SLOTS}`);
  }
  const shape = ringShape(sizeBytes, opts.elementCount);
  if (shape.fileBytes > 0x7fff_ffff) throw invalid("elementCount", opts.elementCount, "the file stays below 2 GiB");
  const file = openSharedFile(path, {
    sizeBytes: shape.fileBytes,
    create: true,
    ...(opts.mode === undefined ? {} : { mode: opts.mode }),
    reserve: [
      { offset: 0, sizeBytes: 4096 },
      { offset: RING_HEADER_BYTES, sizeBytes: shape.fileBytes - RING_HEADER_BYTES },
    ],
    fill: (buffer) => {
      const words = new Int32Array(buffer);
      words[RING_WORD.fileSize] = shape.fileBytes;
      words[RING_WORD.elementSize] = shape.elementSizeBytes;
      words[RING_WORD.elementCount] = shape.elementCount;
    },
  });
  const found = readShape(file);
  expectWord(file, "elementSize", found.elementSizeBytes, shape.elementSizeBytes);
  expectWord(file, "elementCount", found.elementCount, shape.elementCount);
  return new MonitorRing(file, found, read);
}

/**
 * Opens a ring that the agent made.
 *
 * @throws {SharedFileMissing} no agent made it yet
 * @throws {SharedLayoutInvalid} the header does not fit the file
 */
export function openMonitorRing(path: string, read: RingReadOptions = {}): MonitorRing {
  const file = openSharedFile(path, { sizeBytes: RING_HEADER_BYTES });
  return new MonitorRing(file, readShape(file), read);
}

function readShape(file: SharedFile): RingShape {
  const words = new Int32Array(file.buffer, 0, 5);
  const [, elementSize = 0, elementCount = 0, head = 0, tail = 0] = words;
  if (elementSize <= 0 || elementSize % 8 !== 0) badWord(file, "elementSize", elementSize, "a multiple of 8 above 0");
  if (elementCount <= RING_RESERVED_SLOTS) badWord(file, "elementCount", elementCount, `above ${RING_RESERVED_SLOTS}`);
  const shape = ringShape(elementSize, elementCount);
  expectWord(file, "file size", file.sizeBytes, shape.fileBytes);
  if (head < 0 || head >= shape.slotCount) badWord(file, "head", head, `0 to ${elementCount}`);
  if (tail < 0 || tail >= shape.slotCount) badWord(file, "tail", tail, `0 to ${elementCount}`);
  return shape;
}

function expectWord(file: SharedFile, field: string, value: number, wanted: number): void {
  if (value !== wanted) badWord(file, field, value, String(wanted));
}

function badWord(file: SharedFile, field: string, value: number, expected: string): never {
  throw new SharedLayoutInvalid({ path: file.path, field, value, expected });
}

function invalid(field: string, value: number, rule: string): Error {
  return new SharedArgumentInvalid({ field, value: String(value), rule });
}

export class MonitorRing {
  readonly shape: RingShape;
  readonly #words: Int32Array;
  readonly #bytes: Uint8Array;
  readonly #graceMs: number;
  readonly #nowMs: () => number;
  /** Unfinished slots at the head: from where, how many, how often they were met, and since when. */
  #waitingFrom = 0;
  #waitingSlots = 0;
  #waitingReads = 0;
  #waitingSinceMs = 0;

  /** Use {@link createMonitorRing} or {@link openMonitorRing}. */
  constructor(file: SharedFile, shape: RingShape, read: RingReadOptions) {
    this.shape = shape;
    this.#words = new Int32Array(file.buffer);
    this.#bytes = new Uint8Array(file.buffer);
    this.#graceMs = read.graceMs ?? 1_000;
    this.#nowMs = read.nowMs ?? (() => performance.now());
  }

  /** Slots between head and tail, unfinished and skipped ones included. */
  get usedSlots(): number {
    return this.#distance(Atomics.load(this.#words, RING_WORD.head), Atomics.load(this.#words, RING_WORD.tail));
  }

  /** Slots that records can take up before the ring is full. */
  get capacitySlots(): number {
    return this.shape.elementCount - RING_RESERVED_SLOTS;
  }

  /**
   * Appends a record.
   *
   * @param record 1 to 65536 bytes. Meant for up to 4 KB: a longer one covers more slots than always stay free, and while it is
   *   taken out a fast producer could overwrite its end.
   * @returns false when the ring is full: the record is dropped, count it
   * @throws {SharedArgumentInvalid} record too short or too long
   */
  put(record: Uint8Array): boolean {
    const length = record.length;
    if (length < 1 || length > RING_MAX_RECORD_BYTES)
      throw invalid("record length", length, `1 to ${RING_MAX_RECORD_BYTES}`);
    const start = this.#claim(ringSlotsFor(length, this.shape));
    if (start < 0) return false;
    const at = RING_HEADER_BYTES + start * this.shape.slotBytes;
    const words = this.#words;
    const word = at >> 2;
    const nowMs = Date.now();
    words[word + RING_SLOT_WORD.length] = length;
    words[word + RING_SLOT_WORD.seconds] = (nowMs / 1_000) | 0;
    words[word + RING_SLOT_WORD.microseconds] = (nowMs % 1_000) * 1_000;
    this.#bytes.set(record, at + RING_SLOT_HEAD_BYTES);
    Atomics.store(words, word, TOKEN_START);
    return true;
  }

  /** Moves the tail over `needed` slots and gives the first, or −1 when the ring is full. A record never wraps. */
  #claim(needed: number): number {
    const { slotCount, elementCount } = this.shape;
    const words = this.#words;
    for (;;) {
      const tail = Atomics.load(words, RING_WORD.tail);
      const head = Atomics.load(words, RING_WORD.head);
      if (elementCount - this.#distance(head, tail) < needed + RING_RESERVED_SLOTS) return -1;
      const next = (tail + needed) % slotCount;
      if (next > tail) {
        if (Atomics.compareExchange(words, RING_WORD.tail, tail, next) === tail) return tail;
        continue;
      }
      if (head - 1 < needed) return -1;
      if (Atomics.compareExchange(words, RING_WORD.tail, tail, needed) !== tail) continue;
      for (let slot = tail; slot < slotCount; slot += 1) this.#setToken(slot, TOKEN_SKIPPED);
      return 0;
    }
  }

  /** Takes the oldest record, or gives `undefined` when there is none or its producer has not finished it. */
  get(): Uint8Array | undefined {
    for (;;) {
      const first = Atomics.load(this.#words, RING_WORD.head);
      const found = this.#findRecord(first);
      if (found === "moved") continue;
      if (found === undefined) return undefined;
      const at = RING_HEADER_BYTES + found * this.shape.slotBytes;
      const length = this.#words[(at >> 2) + RING_SLOT_WORD.length] ?? 0;
      const record = this.#bytes.slice(at + RING_SLOT_HEAD_BYTES, at + RING_SLOT_HEAD_BYTES + length);
      const next = (found + ringSlotsFor(length, this.shape)) % this.shape.slotCount;
      if (!this.#moveHead(first, next)) continue;
      this.#waitingReads = 0;
      return record;
    }
  }

  /** Steps from the head over slots that hold no record. @returns the slot of a whole record; `undefined` = nothing to read now */
  #findRecord(first: number): number | "moved" | undefined {
    const words = this.#words;
    let slot = first;
    for (;;) {
      const tail = Atomics.load(words, RING_WORD.tail);
      if (slot === tail) break;
      const token = Atomics.load(words, this.#tokenWord(slot));
      if (token === TOKEN_START && this.#isWhole(slot, tail)) return slot;
      if (token === TOKEN_NONE && !this.#isGivenUp(slot, tail)) break;
      if (this.#isOvertaken(first, slot)) return "moved";
      slot = (slot + 1) % this.shape.slotCount;
    }
    return slot === first || this.#moveHead(first, slot) ? undefined : "moved";
  }

  /**
   * Whether another consumer moved the head. Long skips are freed in steps: tokens are cleared after the head moved, and the slots that
   * always stay free keep producers away from only so many.
   */
  #isOvertaken(first: number, slot: number): boolean {
    if (this.#distance(first, slot) >= MAX_SKIP_SLOTS) this.#moveHead(first, slot);
    return Atomics.load(this.#words, RING_WORD.head) !== first;
  }

  /**
   * Frees the slots from `from` up to `to`, if no other consumer did. All their tokens are cleared: one that stayed would make the
   * next record there look finished, or skipped, before it is.
   */
  #moveHead(from: number, to: number): boolean {
    if (Atomics.compareExchange(this.#words, RING_WORD.head, from, to) !== from) return false;
    for (let slot = from; slot !== to; slot = (slot + 1) % this.shape.slotCount) this.#setToken(slot, TOKEN_NONE);
    return true;
  }

  #isWhole(slot: number, tail: number): boolean {
    const length = this.#words[this.#tokenWord(slot) + RING_SLOT_WORD.length] ?? 0;
    if (length < 1 || length > RING_MAX_RECORD_BYTES) return false;
    const needed = ringSlotsFor(length, this.shape);
    return needed <= this.#distance(slot, tail) && slot + needed <= this.shape.slotCount;
  }

  /**
   * Whether an unfinished slot is a dead producer's: it was met more than ten times, for at least the grace time. What was
   * claimed by the time of the first meeting is as old, so a dead record of several slots is waited for once.
   */
  #isGivenUp(slot: number, tail: number): boolean {
    const inWait = this.#waitingReads > 0 && this.#distance(this.#waitingFrom, slot) < this.#waitingSlots;
    if (!inWait) {
      this.#waitingFrom = slot;
      this.#waitingSlots = this.#distance(slot, tail);
      this.#waitingSinceMs = this.#nowMs();
      this.#waitingReads = 0;
    }
    if (slot === this.#waitingFrom) this.#waitingReads += 1;
    return this.#waitingReads > 10 && this.#nowMs() - this.#waitingSinceMs >= this.#graceMs;
  }

  #distance(head: number, tail: number): number {
    const { slotCount } = this.shape;
    return (tail - head + slotCount) % slotCount;
  }

  #tokenWord(slot: number): number {
    return (RING_HEADER_BYTES + slot * this.shape.slotBytes) >> 2;
  }

  #setToken(slot: number, token: number): void {
    Atomics.store(this.#words, this.#tokenWord(slot), token);
  }
}
