/**
 * Random numbers for names and draws, not for secrets: xoshiro128** (Blackman and Vigna, "Scrambled linear pseudorandom number
 * generators", ACM TOMS 2021), seeded from the system. A call draws five of them; `Math.random` costs four times as much.
 */

const state = new Int32Array(4);
do globalThis.crypto.getRandomValues(state);
while (state.every((word) => word === 0)); // the one state it never leaves

/** 32 random bits as an unsigned number. */
export function random32(): number {
  const s1 = state[1]!;
  const times5 = Math.imul(s1, 5);
  const result = Math.imul((times5 << 7) | (times5 >>> 25), 9);
  state[2]! ^= state[0]!;
  state[3]! ^= s1;
  state[1]! ^= state[2]!;
  state[0]! ^= state[3]!;
  state[2]! ^= s1 << 9;
  const s3 = state[3]!;
  state[3] = (s3 << 11) | (s3 >>> 21);
  return result >>> 0;
}

/** A number in [0, 1), of 32 bits. */
export function randomUnit(): number {
  return random32() / 0x1_0000_0000;
}
