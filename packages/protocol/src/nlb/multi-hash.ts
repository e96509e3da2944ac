/**
 * The multi-order hash of the archived system: rows of falling prime length, a key has one slot per row and takes the first
 * free one. Nothing is ever taken out; the whole is built anew instead.
 */
import { NLB_HASH_SLOTS, NLB_MAX_SERVERS, NLB_NO_SERVER, NLB_WORD } from "./layout.js";
import type { NlbServersView } from "./servers-view.js";

const MAX_ROWS = 15;

/** Lengths of the rows for `slots` slots. The last is what is left, so it need not be prime. */
export function multiHashModuli(slots: number): readonly number[] {
  const moduli: number[] = [];
  let next = Math.trunc((slots * 0.3) / 1.3);
  let sum = 0;
  while (moduli.length < MAX_ROWS && sum <= slots) {
    const prime = primeFrom(next);
    moduli.push(prime);
    sum += prime;
    next = Math.trunc(prime / 1.3);
  }
  moduli[moduli.length - 1] = (moduli.at(-1) ?? 0) + slots - sum;
  return moduli;
}

function primeFrom(start: number): number {
  for (let value = Math.max(2, start); ; value += 1) if (isPrime(value)) return value;
}

function isPrime(value: number): boolean {
  for (let divisor = 2; divisor * divisor <= value; divisor += 1) if (value % divisor === 0) return false;
  return true;
}

/** Row lengths of a table. */
export const NLB_HASH_MODULI = multiHashModuli(NLB_HASH_SLOTS);

/**
 * Indexes all servers of a table. Of several with one address the first is found; one that finds all its 15 slots taken is
 * not indexed, as in the archived system.
 */
export function rebuildServerHash(view: NlbServersView): void {
  const { words } = view;
  words[NLB_WORD.hashOrder] = NLB_HASH_MODULI.length;
  words.fill(0, NLB_WORD.hashModuli, NLB_WORD.hashIndex);
  words.set(NLB_HASH_MODULI, NLB_WORD.hashModuli);
  words.fill(NLB_NO_SERVER, NLB_WORD.hashIndex, NLB_WORD.hashIndex + NLB_HASH_SLOTS);
  for (let server = 0; server < view.serverCount; server += 1) insert(words, view.ipKey(server), server);
}

function insert(words: Uint32Array, key: number, server: number): void {
  let base: number = NLB_WORD.hashIndex;
  for (const modulus of NLB_HASH_MODULI) {
    const slot = base + (key % modulus);
    if (words[slot] === NLB_NO_SERVER) {
      words[slot] = server;
      return;
    }
    base += modulus;
  }
}

/** Index of the first server with this address, or −1. The row lengths are those of the file: somebody else may have built it. */
export function findServer(view: NlbServersView, ipKey: number): number {
  const { words, serverCount } = view;
  const rows = Math.min(words[NLB_WORD.hashOrder] ?? 0, MAX_ROWS);
  let base: number = NLB_WORD.hashIndex;
  for (let row = 0; row < rows; row += 1) {
    const modulus = words[NLB_WORD.hashModuli + row] ?? 0;
    if (modulus === 0 || base + modulus > NLB_WORD.policy) return -1;
    const server = words[base + (ipKey % modulus)] ?? NLB_NO_SERVER;
    if (server >= NLB_MAX_SERVERS) return -1;
    if (server < serverCount && view.ipKey(server) === ipKey) return server;
    base += modulus;
  }
  return -1;
}

/** Hash of names in the archived system's process tables: h = h·33 + byte (signed), from 5381, 32 bits. */
export function nlbNameHash(name: string): number {
  let hash = 5381;
  for (const byte of new TextEncoder().encode(name)) hash = (Math.imul(hash, 33) + ((byte << 24) >> 24)) | 0;
  return hash >>> 0;
}
