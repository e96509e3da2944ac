/** A small deterministic random source (xorshift) for tests, simulations and picks: fast and without allocation. Not for secrets. */
export function seededRandom(seed: number): () => number {
  let state = seed | 0 || 0x9e3779b9 | 0;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 0x1_0000_0000;
  };
}
