/**
 * The one writer of a live table: the agent. Changes of members go under the seqlock; instances that stay keep their slot and
 * their health; a table that became too small is replaced by a bigger file at the same path.
 */
import { isAppError, isIpv4 } from "@msec/core";
import { bootMark, bootTick } from "./boot-clock.js";
import {
  SharedArgumentInvalid,
  SharedFileMissing,
  SharedFileTooShort,
  SharedLayoutInvalid,
  SharedWriterBusy,
} from "./errors.js";
import {
  FLAG_USED,
  HEADER,
  HEALTH_WORDS,
  healthWord,
  highWord,
  IDENTITY,
  inFlightWord,
  ipv4ToWord,
  LIVE_FIELD,
  LIVE_HEADER_BYTES,
  LIVE_LAYOUT_VERSION,
  LIVE_MAGIC,
  LIVE_MAX_CAPACITY,
  LIVE_PROCESS_ROWS,
  LIVE_SLOT_BYTES,
  type LiveTransport,
  liveTableBytes,
  SLOT_WORDS,
  SLOTS_WORD,
  TRANSPORT_ID,
} from "./live-layout.js";
import { checkLayout, RETRY_TOKENS_FIRST_MILLI } from "./live-table.js";
import { isSameProcess, tryProcessStart } from "./process-mark.js";
import { clearInFlight, reclaimDeadRows } from "./process-rows.js";
import { openSharedFile, replaceSharedFile, type SharedFile } from "./shared-file.js";

export interface LiveMember {
  /** IPv4 address. With `port` it is the identity of the instance. */
  readonly host: string;
  readonly port: number;
  readonly transport: LiveTransport;
  /** 1 to 10000; 100 is usual. */
  readonly weight: number;
}

export interface LiveTableWriterOptions {
  /** Instances a new file has room for. Default 64; grows by itself. */
  readonly capacity?: number;
  /** Permissions of a new file. Default 0600. */
  readonly mode?: number;
}

/**
 * Opens the table for writing, making it when it is missing and anew when what is there is no live table of this layout.
 *
 * @throws {SharedWriterBusy} another living process writes it
 */
export function openLiveTableWriter(path: string, opts: LiveTableWriterOptions = {}): LiveTableWriter {
  return new LiveTableWriter(path, opts);
}

export class LiveTableWriter {
  readonly path: string;
  readonly #mode: number;
  #words: Int32Array;
  #capacity: number;

  /** Use {@link openLiveTableWriter}. */
  constructor(path: string, opts: LiveTableWriterOptions) {
    this.path = path;
    this.#mode = opts.mode ?? 0o600;
    const file = openOrRemake(path, opts.capacity ?? 64, this.#mode);
    this.#words = new Int32Array(file.buffer);
    this.#capacity = checkLayout(file);
    this.#lock();
    if (Atomics.load(this.#words, HEADER.bootMark) !== bootMark()) this.#forgetOtherBoot();
  }

  get capacity(): number {
    return this.#capacity;
  }

  /**
   * Makes `members` the members, in one step for every reader. Repeats of an address after the first are ignored.
   *
   * @param revision of the name store, up to 2^53
   * @throws {SharedArgumentInvalid} a member with a bad address, port or weight; nothing is changed then
   */
  setMembers(revision: number, members: readonly LiveMember[], opts: { policyId?: number } = {}): void {
    const wanted = checkMembers(members);
    if (wanted.size > this.#capacity) this.#grow(wanted.size);
    const words = this.#words;
    const sequence = Atomics.load(words, HEADER.sequence) | 1; // odd already if a writer died here
    Atomics.store(words, HEADER.sequence, sequence);
    this.#removeOthers(wanted);
    this.#addAndUpdate(wanted);
    const nowMs = Date.now();
    words[HEADER.count] = wanted.size;
    words[HEADER.revisionHigh] = highWord(revision);
    words[HEADER.revisionLow] = revision | 0;
    words[HEADER.policyId] = opts.policyId ?? words[HEADER.policyId] ?? 0;
    words[HEADER.updatedAtHigh] = highWord(nowMs);
    words[HEADER.updatedAtLow] = nowMs | 0;
    Atomics.store(words, HEADER.sequence, (sequence + 1) | 0);
  }

  /** Takes back calls in flight of processes that died. Call it every few seconds. @returns processes that were gone */
  repair(): number {
    return reclaimDeadRows(this.#words);
  }

  /** Gives the table back to another writer. The file and its readers stay. */
  close(): void {
    Atomics.compareExchange(this.#words, HEADER.writerPid, process.pid, 0);
  }

  #lock(): void {
    const words = this.#words;
    const pid = Atomics.load(words, HEADER.writerPid);
    const busy = pid !== 0 && pid !== process.pid && isSameProcess(pid, Atomics.load(words, HEADER.writerStart));
    if (busy || Atomics.compareExchange(words, HEADER.writerPid, pid, process.pid) !== pid) {
      throw new SharedWriterBusy({ path: this.path, pid });
    }
    Atomics.store(words, HEADER.writerStart, tryProcessStart(process.pid) ?? 0);
  }

  /** Ticks of another boot mean nothing, and no process of it is alive. */
  #forgetOtherBoot(): void {
    const words = this.#words;
    for (let slot = 0; slot < this.#capacity; slot += 1) {
      clearInFlight(words, slot);
      words.fill(0, healthWord(slot, 0), healthWord(slot, HEALTH_WORDS));
    }
    words.fill(0, LIVE_HEADER_BYTES / 4, SLOTS_WORD);
    Atomics.store(words, HEADER.bootMark, bootMark());
  }

  #removeOthers(wanted: ReadonlyMap<string, LiveMember>): void {
    for (let slot = 0; slot < this.#capacity; slot += 1) {
      const key = slotKey(this.#words, slot);
      if (key !== undefined && !wanted.has(key)) this.#words[identityWord(slot, IDENTITY.flags)] = 0;
    }
  }

  #addAndUpdate(wanted: ReadonlyMap<string, LiveMember>): void {
    const slots = new Map<string, number>();
    for (let slot = 0; slot < this.#capacity; slot += 1) {
      const key = slotKey(this.#words, slot);
      if (key !== undefined) slots.set(key, slot);
    }
    const first = slots.size === 0;
    let free = 0;
    for (const [key, member] of wanted) {
      let slot = slots.get(key);
      if (slot === undefined) {
        while (slotKey(this.#words, free) !== undefined) free += 1;
        slot = free;
        this.#occupy(slot, member, first);
      }
      this.#words[identityWord(slot, IDENTITY.weight)] = member.weight;
      this.#words[identityWord(slot, IDENTITY.transport)] = TRANSPORT_ID[member.transport];
    }
  }

  /** `first`: the whole table is new, so nobody ramps up next to somebody. */
  #occupy(slot: number, member: LiveMember, first: boolean): void {
    const words = this.#words;
    const now = bootTick();
    clearInFlight(words, slot);
    words.fill(0, healthWord(slot, 0), healthWord(slot, HEALTH_WORDS));
    const generation = ((words[HEADER.lastGeneration] ?? 0) + 1) | 0;
    words[HEADER.lastGeneration] = generation;
    words[identityWord(slot, IDENTITY.ipv4)] = ipv4ToWord(member.host);
    words[identityWord(slot, IDENTITY.port)] = member.port;
    words[identityWord(slot, IDENTITY.generation)] = generation;
    words[identityWord(slot, IDENTITY.addedAt)] = now;
    if (!first) words[healthWord(slot, LIVE_FIELD.rampStart)] = now;
    words[HEADER.usedSlots] = Math.max(words[HEADER.usedSlots] ?? 0, slot + 1);
    Atomics.store(words, identityWord(slot, IDENTITY.flags), FLAG_USED); // last: a half-written slot is a free one
  }

  #grow(needed: number): void {
    const old = this.#words;
    const capacity = Math.min(LIVE_MAX_CAPACITY, Math.max(needed, this.#capacity * 2));
    const slotsEnd = inFlightWord(this.#capacity);
    const file = replaceSharedFile(this.path, {
      sizeBytes: liveTableBytes(capacity),
      mode: this.#mode,
      fill: (buffer) => {
        const words = new Int32Array(buffer);
        words.set(old.subarray(0, LIVE_HEADER_BYTES / 4));
        words.set(old.subarray(SLOTS_WORD, slotsEnd), SLOTS_WORD);
        words[HEADER.capacity] = capacity;
        for (let slot = 0; slot < this.#capacity; slot += 1) words[healthWord(slot, LIVE_FIELD.inFlight)] = 0;
      },
    });
    this.#words = new Int32Array(file.buffer);
    this.#capacity = capacity;
    Atomics.store(old, HEADER.superseded, 1);
    Atomics.store(old, HEADER.sequence, ((Atomics.load(old, HEADER.sequence) | 1) + 1) | 0); // readers look at `superseded`
  }
}

function identityWord(slot: number, word: number): number {
  return SLOTS_WORD + slot * SLOT_WORDS + word;
}

function slotKey(words: Int32Array, slot: number): string | undefined {
  if (((words[identityWord(slot, IDENTITY.flags)] ?? 0) & FLAG_USED) === 0) return undefined;
  return memberKey(words[identityWord(slot, IDENTITY.ipv4)] ?? 0, words[identityWord(slot, IDENTITY.port)] ?? 0);
}

function memberKey(ipv4: number, port: number): string {
  return `${ipv4}:${port}`;
}

function checkMembers(members: readonly LiveMember[]): Map<string, LiveMember> {
  const wanted = new Map<string, LiveMember>();
  for (const member of members) {
    if (!isIpv4(member.host)) throw invalid("host", member.host, "an IPv4 address");
    if (!inRange(member.port, 1, 65_535)) throw invalid("port", member.port, "1 to 65535");
    if (!inRange(member.weight, 1, 10_000)) throw invalid("weight", member.weight, "a whole number from 1 to 10000");
    const key = memberKey(ipv4ToWord(member.host), member.port);
    if (!wanted.has(key)) wanted.set(key, member);
  }
  if (wanted.size > LIVE_MAX_CAPACITY) throw invalid("members", wanted.size, `at most ${LIVE_MAX_CAPACITY}`);
  return wanted;
}

function inRange(value: number, least: number, most: number): boolean {
  return Number.isInteger(value) && value >= least && value <= most;
}

function invalid(field: string, value: string | number, rule: string): Error {
  return new SharedArgumentInvalid({ field, value: String(value), rule });
}

function openOrRemake(path: string, capacity: number, mode: number): SharedFile {
  if (!inRange(capacity, 1, LIVE_MAX_CAPACITY)) throw invalid("capacity", capacity, `1 to ${LIVE_MAX_CAPACITY}`);
  const created = {
    sizeBytes: liveTableBytes(capacity),
    mode,
    fill: (buffer: ArrayBuffer) => fillHeader(buffer, capacity),
  };
  try {
    const file = openSharedFile(path, { sizeBytes: LIVE_HEADER_BYTES });
    checkLayout(file);
    return file;
  } catch (error) {
    const reason = isAppError(error) ? error.reason : "";
    if (reason === SharedFileMissing.reason) return openSharedFile(path, { ...created, create: true });
    if (reason !== SharedFileTooShort.reason && reason !== SharedLayoutInvalid.reason) throw error;
    return replaceSharedFile(path, created);
  }
}

function fillHeader(buffer: ArrayBuffer, capacity: number): void {
  const words = new Int32Array(buffer);
  words[HEADER.magic] = LIVE_MAGIC;
  words[HEADER.layoutVersion] = LIVE_LAYOUT_VERSION;
  words[HEADER.capacity] = capacity;
  words[HEADER.slotBytes] = LIVE_SLOT_BYTES;
  words[HEADER.processRows] = LIVE_PROCESS_ROWS;
  words[HEADER.bootMark] = bootMark();
  words[HEADER.retryTokensMilli] = RETRY_TOKENS_FIRST_MILLI;
}
