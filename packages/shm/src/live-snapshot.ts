import { formatHostPort, formatIp } from "@msec/core";
import {
  FLAG_USED,
  HEADER,
  IDENTITY,
  IP_BYTES,
  joinWords,
  type LiveLocality,
  type LiveTransport,
  LOCALITY_NAMES,
  SLOT_WORDS,
  SLOTS_WORD,
  TRANSPORT_NAMES,
} from "./live-layout.js";

/** How near an instance is, as far as the service asks for it: 2 = same rack, 1 = same zone, 0 = elsewhere or not asked. */
export type Nearness = 0 | 1 | 2;

/** Identities of one revision as this process last saw them whole. Arrays "by slot" have holes for unused slots. */
export interface LiveSnapshot {
  readonly sequence: number;
  readonly revision: number;
  readonly policyId: number;
  /** Epoch milliseconds of the last change by the writer. */
  readonly updatedAtMs: number;
  readonly locality: LiveLocality;
  /** Only instances of this machine's set are members. */
  readonly isPartitioned: boolean;
  /** Members. */
  readonly count: number;
  /** Instances that are no members because they belong to other sets. */
  readonly otherSetsCount: number;
  /** Slot numbers of members, ascending. */
  readonly slots: Int32Array;
  readonly weights: Int32Array;
  readonly generations: Int32Array;
  readonly ports: Int32Array;
  /** {@link Nearness} by slot. */
  readonly nearness: Uint8Array;
  readonly hosts: readonly string[];
  readonly addresses: readonly string[];
  readonly transports: readonly LiveTransport[];
}

export const EMPTY_SNAPSHOT: LiveSnapshot = {
  sequence: -1,
  revision: 0,
  policyId: 0,
  updatedAtMs: 0,
  locality: "none",
  isPartitioned: false,
  count: 0,
  otherSetsCount: 0,
  slots: new Int32Array(0),
  weights: new Int32Array(0),
  generations: new Int32Array(0),
  ports: new Int32Array(0),
  nearness: new Uint8Array(0),
  hosts: [],
  addresses: [],
  transports: [],
};

/** Tries of the seqlock before the last whole snapshot is used on. A change takes microseconds; a dead writer takes for ever. */
const MAX_TRIES = 64;

/**
 * Copies the identities out of the table, or gives `undefined` when the writer is in the middle of a change
 * (or died there) for longer than {@link MAX_TRIES} tries.
 */
export function tryReadSnapshot(words: Int32Array, capacity: number): LiveSnapshot | undefined {
  for (let attempt = 0; attempt < MAX_TRIES; attempt += 1) {
    const before = Atomics.load(words, HEADER.sequence);
    if ((before & 1) === 1) continue;
    const used = Math.min(Math.max(words[HEADER.usedSlots] ?? 0, 0), capacity);
    const header = words.slice(0, SLOTS_WORD);
    const slots = words.slice(SLOTS_WORD, SLOTS_WORD + used * SLOT_WORDS);
    if (Atomics.load(words, HEADER.sequence) === before) return decode(header, slots, used);
  }
  return undefined;
}

function decode(header: Int32Array, words: Int32Array, used: number): LiveSnapshot {
  const h = (field: number) => header[field] ?? 0;
  const at = (slot: number, field: number) => words[slot * SLOT_WORDS + field] ?? 0;
  const bytes = new Uint8Array(words.buffer);
  const isPartitioned = h(HEADER.partition) !== 0;
  const slots: number[] = [];
  const [weights, generations, ports] = [new Int32Array(used), new Int32Array(used), new Int32Array(used)];
  const nearness = new Uint8Array(used);
  const hosts: string[] = new Array(used).fill("");
  const addresses: string[] = new Array(used).fill("");
  const transports: LiveTransport[] = new Array(used).fill("all");
  let otherSetsCount = 0;
  for (let slot = 0; slot < used; slot += 1) {
    if ((at(slot, IDENTITY.flags) & FLAG_USED) === 0) continue;
    if (isPartitioned && at(slot, IDENTITY.set) !== h(HEADER.localSet)) {
      otherSetsCount += 1;
      continue;
    }
    slots.push(slot);
    weights[slot] = at(slot, IDENTITY.weight);
    generations[slot] = at(slot, IDENTITY.generation);
    const port = at(slot, IDENTITY.port);
    ports[slot] = port;
    nearness[slot] = nearnessOf(header, at(slot, IDENTITY.zone), at(slot, IDENTITY.rack));
    const ipAt = (slot * SLOT_WORDS + IDENTITY.ip) * 4;
    const host = formatIp(bytes.subarray(ipAt, ipAt + IP_BYTES));
    hosts[slot] = host;
    addresses[slot] = formatHostPort({ host, port });
    transports[slot] = TRANSPORT_NAMES[at(slot, IDENTITY.transport)] ?? "all";
  }
  return {
    sequence: h(HEADER.sequence),
    revision: joinWords(h(HEADER.revisionHigh), h(HEADER.revisionLow)),
    policyId: h(HEADER.policyId),
    updatedAtMs: joinWords(h(HEADER.updatedAtHigh), h(HEADER.updatedAtLow)),
    locality: LOCALITY_NAMES[h(HEADER.locality)] ?? "none",
    isPartitioned,
    count: slots.length,
    otherSetsCount,
    slots: Int32Array.from(slots),
    ...{ weights, generations, ports, nearness, hosts, addresses, transports },
  };
}

/** A rack counts only within its zone: names of racks may repeat. */
function nearnessOf(header: Int32Array, zone: number, rack: number): Nearness {
  const locality = header[HEADER.locality] ?? 0;
  if (locality === 0 || zone === 0 || zone !== header[HEADER.localZone]) return 0;
  return locality === 2 && rack !== 0 && rack === header[HEADER.localRack] ? 2 : 1;
}
