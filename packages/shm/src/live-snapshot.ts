import {
  FLAG_USED,
  HEADER,
  IDENTITY,
  joinWords,
  type LiveTransport,
  SLOT_WORDS,
  SLOTS_WORD,
  TRANSPORT_NAMES,
  wordToIpv4,
} from "./live-layout.js";

/** Identities of one revision as this process last saw them whole. Arrays "by slot" have holes for unused slots. */
export interface LiveSnapshot {
  readonly sequence: number;
  readonly revision: number;
  readonly policyId: number;
  /** Epoch milliseconds of the last change by the writer. */
  readonly updatedAtMs: number;
  readonly count: number;
  /** Slot numbers in use, ascending. */
  readonly slots: Int32Array;
  readonly weights: Int32Array;
  readonly generations: Int32Array;
  readonly ports: Int32Array;
  readonly hosts: readonly string[];
  readonly addresses: readonly string[];
  readonly transports: readonly LiveTransport[];
}

export const EMPTY_SNAPSHOT: LiveSnapshot = {
  sequence: -1,
  revision: 0,
  policyId: 0,
  updatedAtMs: 0,
  count: 0,
  slots: new Int32Array(0),
  weights: new Int32Array(0),
  generations: new Int32Array(0),
  ports: new Int32Array(0),
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
    const header = words.slice(0, HEADER.usedSlots + 1);
    const identities = words.slice(SLOTS_WORD, SLOTS_WORD + used * SLOT_WORDS);
    if (Atomics.load(words, HEADER.sequence) === before) return decode(header, identities, used);
  }
  return undefined;
}

function decode(header: Int32Array, identities: Int32Array, used: number): LiveSnapshot {
  const at = (slot: number, word: number) => identities[slot * SLOT_WORDS + word] ?? 0;
  const slots: number[] = [];
  const weights = new Int32Array(used);
  const generations = new Int32Array(used);
  const ports = new Int32Array(used);
  const hosts: string[] = new Array(used).fill("");
  const addresses: string[] = new Array(used).fill("");
  const transports: LiveTransport[] = new Array(used).fill("all");
  for (let slot = 0; slot < used; slot += 1) {
    if ((at(slot, IDENTITY.flags) & FLAG_USED) === 0) continue;
    slots.push(slot);
    weights[slot] = at(slot, IDENTITY.weight);
    generations[slot] = at(slot, IDENTITY.generation);
    ports[slot] = at(slot, IDENTITY.port);
    hosts[slot] = wordToIpv4(at(slot, IDENTITY.ipv4));
    addresses[slot] = `${hosts[slot]}:${ports[slot]}`;
    transports[slot] = TRANSPORT_NAMES[at(slot, IDENTITY.transport)] ?? "all";
  }
  const h = (word: number) => header[word] ?? 0;
  return {
    sequence: h(HEADER.sequence),
    revision: joinWords(h(HEADER.revisionHigh), h(HEADER.revisionLow)),
    policyId: h(HEADER.policyId),
    updatedAtMs: joinWords(h(HEADER.updatedAtHigh), h(HEADER.updatedAtLow)),
    count: slots.length,
    slots: Int32Array.from(slots),
    weights,
    generations,
    ports,
    hosts,
    addresses,
    transports,
  };
}
