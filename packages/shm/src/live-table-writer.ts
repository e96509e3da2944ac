/**
 * The one writer of a live table: the agent. Changes of members go under the seqlock; instances that stay keep their slot and
 * their health; a table that became too small is replaced by a bigger file at the same path.
 */
import { formatHostPort, formatIp, parseIp } from "@msec/core";
import { bootMark, bootTick } from "./boot-clock.js";
import { argumentInvalid, SharedWriterBusy } from "./errors.js";
import { checkLayout, openOrRemakeLiveFile } from "./live-file.js";
import {
  FLAG_USED,
  HEADER,
  HEALTH_WORDS,
  healthWord,
  highWord,
  IDENTITY,
  IP_BYTES,
  identityWord,
  LIVE_FIELD,
  LIVE_FIRST_ROWS,
  LIVE_MAX_CAPACITY,
  LIVE_MAX_ROWS,
  type LiveLocality,
  type LiveShape,
  type LiveTransport,
  LOCALITY_ID,
  labelHash,
  liveTableBytes,
  rowsWord,
  TRANSPORT_ID,
} from "./live-layout.js";
import { isSameProcess, tryProcessStart } from "./process-mark.js";
import { reclaimDeadRows } from "./process-rows.js";
import { replaceSharedFile } from "./shared-file.js";

/** Where an instance or a machine is. "" = not known. */
export interface LiveLabels {
  readonly zone: string;
  readonly rack: string;
  readonly set: string;
}

export interface LiveMember extends Partial<LiveLabels> {
  /** IPv4 or IPv6 address. With `port` it is the identity of the instance. */
  readonly host: string;
  readonly port: number;
  readonly transport: LiveTransport;
  /** 1 to 10000; 100 is usual. */
  readonly weight: number;
}

/** How the service is called from this machine. What is not given stays as it was; at first the defaults. */
export interface LiveMembersOptions {
  /** Default 0, the default policy. */
  readonly policyId?: number;
  /** Labels of this machine. Default: none. */
  readonly local?: Partial<LiveLabels>;
  /** Which instances are preferred. Default none. */
  readonly locality?: LiveLocality;
  /** Only instances of this machine's set are members for callers. Default false. */
  readonly partition?: boolean;
}

export interface LiveTableWriterOptions {
  /** Instances a new file has room for. Default 64; grows by itself. */
  readonly capacity?: number;
  /** Threads whose calls in flight a new file has room for, a multiple of 16. Default 64; grows by itself. */
  readonly rows?: number;
  /** Permissions of a new file. Default 0600. */
  readonly mode?: number;
}

/** Most memory for calls in flight: 256 MB, that is 4096 threads for up to 16384 instances. */
const MAX_IN_FLIGHT_WORDS = 1 << 26;

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
  #shape: LiveShape;

  /** Use {@link openLiveTableWriter}. */
  constructor(path: string, opts: LiveTableWriterOptions) {
    this.path = path;
    this.#mode = opts.mode ?? 0o600;
    const shape = { capacity: opts.capacity ?? 64, rows: opts.rows ?? LIVE_FIRST_ROWS };
    const file = openOrRemakeLiveFile(path, shape, this.#mode);
    this.#words = new Int32Array(file.buffer);
    this.#shape = checkLayout(file);
    this.#lock();
    if (Atomics.load(this.#words, HEADER.bootMark) !== bootMark()) this.#forgetOtherBoot();
  }

  get capacity(): number {
    return this.#shape.capacity;
  }

  /**
   * Makes `members` the members, in one step for every reader. Repeats of an address after the first are ignored.
   *
   * @param revision of the name store, up to 2^53
   * @throws {SharedArgumentInvalid} a member with a bad address, port or weight; nothing is changed then
   */
  setMembers(revision: number, members: readonly LiveMember[], opts: LiveMembersOptions = {}): void {
    const wanted = checkMembers(members);
    const { capacity } = this.#shape;
    if (wanted.size > capacity) this.#grow({ ...this.#shape, capacity: Math.max(wanted.size, capacity * 2) });
    const words = this.#words;
    const sequence = Atomics.load(words, HEADER.sequence) | 1; // odd already if a writer died here
    Atomics.store(words, HEADER.sequence, sequence);
    const slots = this.#slotsByKey();
    this.#removeOthers(slots, wanted);
    this.#addAndUpdate(slots, wanted);
    const nowMs = Date.now();
    words[HEADER.count] = wanted.size;
    words[HEADER.revisionHigh] = highWord(revision);
    words[HEADER.revisionLow] = revision | 0;
    setOptions(words, opts);
    words[HEADER.updatedAtHigh] = highWord(nowMs);
    words[HEADER.updatedAtLow] = nowMs | 0;
    Atomics.store(words, HEADER.sequence, (sequence + 1) | 0);
  }

  /**
   * Takes back calls in flight of processes and threads that died, and makes room for more of them when three quarters is used.
   * Call it every few seconds. @returns how many were gone
   */
  repair(): number {
    const { reclaimed, taken } = reclaimDeadRows(this.#words, this.#shape);
    const { capacity, rows } = this.#shape;
    if (taken * 4 > rows * 3 && rows * 2 <= LIVE_MAX_ROWS && rows * 2 * capacity <= MAX_IN_FLIGHT_WORDS)
      this.#grow({ capacity, rows: rows * 2 });
    return reclaimed;
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
    for (let slot = 0; slot < this.#shape.capacity; slot += 1)
      words.fill(0, healthWord(slot, 0), healthWord(slot, HEALTH_WORDS));
    words.fill(0, rowsWord(this.#shape.capacity), liveTableBytes(this.#shape) / 4);
    words[HEADER.usedRows] = 0;
    Atomics.store(words, HEADER.bootMark, bootMark());
  }

  /** Slots in use by address. */
  #slotsByKey(): Map<string, number> {
    const words = this.#words;
    const slots = new Map<string, number>();
    for (let slot = 0; slot < (words[HEADER.usedSlots] ?? 0); slot += 1) {
      const key = slotKey(words, slot);
      if (key !== undefined) slots.set(key, slot);
    }
    return slots;
  }

  #removeOthers(slots: Map<string, number>, wanted: ReadonlyMap<string, LiveMember>): void {
    for (const [key, slot] of slots) {
      if (wanted.has(key)) continue;
      this.#words[identityWord(slot, IDENTITY.flags)] = 0;
      slots.delete(key);
    }
  }

  #addAndUpdate(slots: ReadonlyMap<string, number>, wanted: ReadonlyMap<string, LiveMember>): void {
    const words = this.#words;
    let free = 0;
    for (const [key, member] of wanted) {
      let slot = slots.get(key);
      if (slot === undefined) {
        while (isUsed(words, free)) free += 1;
        slot = free;
        this.#occupy(slot, member, slots.size === 0);
      }
      words[identityWord(slot, IDENTITY.weight)] = member.weight;
      words[identityWord(slot, IDENTITY.transport)] = TRANSPORT_ID[member.transport];
      words[identityWord(slot, IDENTITY.zone)] = labelHash(member.zone ?? "");
      words[identityWord(slot, IDENTITY.rack)] = labelHash(member.rack ?? "");
      words[identityWord(slot, IDENTITY.set)] = labelHash(member.set ?? "");
    }
  }

  /** `first`: the whole table is new, so nobody ramps up next to somebody. */
  #occupy(slot: number, member: LiveMember, first: boolean): void {
    const words = this.#words;
    const now = bootTick();
    words.fill(0, healthWord(slot, 0), healthWord(slot, HEALTH_WORDS));
    const generation = ((words[HEADER.lastGeneration] ?? 0) + 1) | 0;
    words[HEADER.lastGeneration] = generation;
    ipBytesOf(words, slot).set(parseIp(member.host) ?? []);
    words[identityWord(slot, IDENTITY.port)] = member.port;
    words[identityWord(slot, IDENTITY.generation)] = generation;
    words[identityWord(slot, IDENTITY.addedAt)] = now;
    if (!first) words[healthWord(slot, LIVE_FIELD.rampStart)] = now;
    words[HEADER.usedSlots] = Math.max(words[HEADER.usedSlots] ?? 0, slot + 1);
    Atomics.store(words, identityWord(slot, IDENTITY.flags), FLAG_USED); // last: a half-written slot is a free one
  }

  #grow(wanted: LiveShape): void {
    const [old, slotsEnd] = [this.#words, rowsWord(this.#shape.capacity)];
    const shape = { ...wanted, capacity: Math.min(LIVE_MAX_CAPACITY, wanted.capacity) };
    const file = replaceSharedFile(this.path, {
      sizeBytes: liveTableBytes(shape),
      mode: this.#mode,
      fill: (buffer) => {
        const words = new Int32Array(buffer);
        words.set(old.subarray(0, slotsEnd));
        words[HEADER.capacity] = shape.capacity;
        words[HEADER.processRows] = shape.rows;
        words[HEADER.usedRows] = 0; // threads that use the old file move their rows over
        for (let slot = 0; slot < this.#shape.capacity; slot += 1) words[healthWord(slot, LIVE_FIELD.inFlight)] = 0;
      },
    });
    this.#words = new Int32Array(file.buffer);
    this.#shape = shape;
    Atomics.store(old, HEADER.superseded, 1);
    Atomics.store(old, HEADER.sequence, ((Atomics.load(old, HEADER.sequence) | 1) + 1) | 0); // readers look at `superseded`
  }
}

function setOptions(words: Int32Array, { policyId, local, locality, partition }: LiveMembersOptions): void {
  if (policyId !== undefined) words[HEADER.policyId] = policyId;
  if (locality !== undefined) words[HEADER.locality] = LOCALITY_ID[locality];
  if (partition !== undefined) words[HEADER.partition] = partition ? 1 : 0;
  if (local === undefined) return;
  words[HEADER.localZone] = labelHash(local.zone ?? "");
  words[HEADER.localRack] = labelHash(local.rack ?? "");
  words[HEADER.localSet] = labelHash(local.set ?? "");
}

function ipBytesOf(words: Int32Array, slot: number): Uint8Array {
  return new Uint8Array(words.buffer, identityWord(slot, IDENTITY.ip) * 4, IP_BYTES);
}

function isUsed(words: Int32Array, slot: number): boolean {
  return ((words[identityWord(slot, IDENTITY.flags)] ?? 0) & FLAG_USED) !== 0;
}

function slotKey(words: Int32Array, slot: number): string | undefined {
  if (!isUsed(words, slot)) return undefined;
  return formatHostPort({
    host: formatIp(ipBytesOf(words, slot)),
    port: words[identityWord(slot, IDENTITY.port)] ?? 0,
  });
}

function checkMembers(members: readonly LiveMember[]): Map<string, LiveMember> {
  const wanted = new Map<string, LiveMember>();
  for (const member of members) {
    const ip = parseIp(member.host);
    if (!ip) throw argumentInvalid("host", member.host, "an IPv4 or IPv6 address");
    if (!inRange(member.port, 1, 65_535)) throw argumentInvalid("port", member.port, "1 to 65535");
    if (!inRange(member.weight, 1, 10_000))
      throw argumentInvalid("weight", member.weight, "a whole number from 1 to 10000");
    const key = formatHostPort({ host: formatIp(ip), port: member.port });
    if (!wanted.has(key)) wanted.set(key, member);
  }
  if (wanted.size > LIVE_MAX_CAPACITY) throw argumentInvalid("members", wanted.size, `at most ${LIVE_MAX_CAPACITY}`);
  return wanted;
}

function inRange(value: number, least: number, most: number): boolean {
  return Number.isInteger(value) && value >= least && value <= most;
}
