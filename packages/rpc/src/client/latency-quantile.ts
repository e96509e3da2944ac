/**
 * The time within which 95 of 100 calls are answered: a histogram with four steps per octave from 0.1 ms up, halved when it is full, so
 * that it follows changes. One addition per call.
 */
const STEPS_PER_OCTAVE = 4;
const LEAST_MS = 0.1;
const STEPS = 72;
const FULL = 2_000;
const ENOUGH = 20;

export class LatencyQuantile {
  readonly #counts = new Uint32Array(STEPS);
  #total = 0;

  note(latencyMs: number): void {
    const step = Math.ceil(Math.log2(Math.max(latencyMs, LEAST_MS) / LEAST_MS) * STEPS_PER_OCTAVE);
    this.#counts[Math.min(STEPS - 1, step)]! += 1;
    this.#total++;
    if (this.#total >= FULL) this.#halve();
  }

  /** Undefined while too few calls are known. */
  p95Ms(): number | undefined {
    if (this.#total < ENOUGH) return undefined;
    let above = this.#total * 0.05;
    let step = STEPS - 1;
    while (step > 0 && this.#counts[step]! <= above) {
      above -= this.#counts[step]!;
      step--;
    }
    return LEAST_MS * 2 ** (step / STEPS_PER_OCTAVE);
  }

  #halve(): void {
    this.#total = 0;
    for (let step = 0; step < STEPS; step++) {
      this.#counts[step]! >>>= 1;
      this.#total += this.#counts[step]!;
    }
  }
}
