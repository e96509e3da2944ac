/**
 * Random numbers by purpose. Arrivals, work, faults and picks each draw from a stream of their own, so that policies that draw
 * differently see the same calls.
 */

/** Gives numbers in [0, 1). */
export type RandomSource = () => number;

/** A stream of its own for each purpose; the same seed and purpose give the same numbers. */
export function randomStream(seed: number, ...purpose: readonly (string | number)[]): RandomSource {
  const key = hashText(`${seed}/${purpose.join("/")}`);
  return smallFastCounter(key, hashText(`${key}a`), hashText(`${key}b`));
}

/** Time to the next event of a Poisson process; mean 1. */
export function exponential(random: RandomSource): number {
  return -Math.log(1 - random());
}

/** Mean 1, the logarithm has this standard deviation. */
export function lognormal(random: RandomSource, sigma: number): number {
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return Math.exp(sigma * normal - (sigma * sigma) / 2);
}

/** sfc32, a generator with 128 bits of state. */
function smallFastCounter(first: number, second: number, third: number): RandomSource {
  let a = first;
  let b = second;
  let c = third;
  let counter = 1;
  const next = (): number => {
    const result = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + result;
    c |= 0;
    return (result >>> 0) / 0x1_0000_0000;
  };
  for (let n = 0; n < 15; n += 1) next();
  return next;
}

/** FNV-1a with a final mix. */
function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
