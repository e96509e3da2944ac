/**
 * Which requests go when not all can: a level made of the business priority and, within it, of the user, so that the same users are
 * served in every service of a call graph instead of each service refusing others (Zhou et al., "Overload Control for Scaling WeChat
 * Microservices", SoCC 2018, §4.2). The share to admit is turned into a threshold by a fading histogram of the levels that came in.
 */

import { HIGHEST_PRIORITY } from "@msec/protocol";

/** Levels within one business priority. */
const USER_LEVELS = 128;
const LEVELS = (HIGHEST_PRIORITY + 1) * USER_LEVELS;
/** What is left of a histogram count after one window. */
const FADE = 0.7;
const HOUR_MS = 3_600_000;

/**
 * Level of a request, 0 to 16383; higher ones are served first. Users are dealt to levels anew each hour, the same way on all machines,
 * so that nobody is refused all day.
 *
 * @param epochMs time of day, ms since 1970
 */
export function admissionLevel(priority: number, userHash: number, epochMs: number): number {
  const hour = Math.floor(epochMs / HOUR_MS) >>> 0;
  const mixed = Math.imul((userHash ^ Math.imul(hour, 0x9e3779b1)) >>> 0, 0x85ebca6b) >>> 25;
  const known = Math.max(0, Math.min(priority, HIGHEST_PRIORITY));
  return known * USER_LEVELS + mixed;
}

export class AdmissionThreshold {
  readonly #counts = new Float32Array(LEVELS);
  #mass = 0;
  /** Levels above are admitted, levels below are not. */
  #level = -1;
  /** Share of the requests of `#level` itself that is admitted. */
  #share = 1;
  #owed = 0;

  /** A request came in. */
  note(level: number): void {
    this.#counts[level]! += 1;
    this.#mass += 1;
  }

  isAdmitted(level: number): boolean {
    if (level !== this.#level) return level > this.#level;
    // Spread evenly instead of by chance: of 10 requests at share 0.3 exactly 3 go.
    this.#owed += this.#share;
    if (this.#owed < 1) return false;
    this.#owed -= 1;
    return true;
  }

  /** Sets the threshold so that this share of what came in lately would be admitted, then lets the counts fade. */
  admitShare(share: number): void {
    let budget = Math.min(1, share) * this.#mass;
    this.#level = -1;
    this.#share = 1;
    if (share < 1 && this.#mass > 0) this.#findLevel(budget);
    budget = 0;
    for (let level = 0; level < LEVELS; level++) {
      const faded = this.#counts[level]! * FADE;
      this.#counts[level] = faded < 0.01 ? 0 : faded;
      budget += this.#counts[level]!;
    }
    this.#mass = budget;
  }

  /** Everything is admitted and the past forgotten. */
  open(): void {
    this.#counts.fill(0);
    this.#mass = 0;
    this.#level = -1;
    this.#share = 1;
  }

  #findLevel(budget: number): void {
    let left = budget;
    for (let level = LEVELS - 1; level >= 0; level--) {
      const count = this.#counts[level]!;
      if (count === 0) continue;
      if (count > left) {
        this.#level = level;
        this.#share = left / count;
        return;
      }
      left -= count;
    }
  }
}
