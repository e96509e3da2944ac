/**
 * How many requests a second are taken of those that compete, the most important first. The rate is found like that of DAGOR (Zhou et al.,
 * SoCC 2018, §4.2): cut in proportion to the trouble while it lasts, raised by a few percent per window when it is gone; unlike there,
 * it returns at once to most of what was managed before.
 */
import { AdmissionThreshold } from "./admission-level.js";

/** Windows without need after which shedding ends. */
const CALM_WINDOWS = 50;
const MIN_RATE_PER_SEC = 10;
const RAISE = 1.02;
/** Of the rate that was managed lately, never less is taken in the next window. */
const MIN_PROVEN_SHARE = 0.7;

export class ShedRate {
  readonly #threshold = new AdmissionThreshold();
  /** Infinity = everything is taken. */
  #ratePerSec = Number.POSITIVE_INFINITY;
  /** Most that was managed lately. */
  #provenPerSec = 0;
  #calmWindows = 0;

  /** Some requests are being refused, or would be. */
  get isShedding(): boolean {
    return this.#ratePerSec !== Number.POSITIVE_INFINITY;
  }

  /** A request came in. */
  note(level: number): void {
    this.#threshold.note(level);
  }

  isAdmitted(level: number): boolean {
    return this.#threshold.isAdmitted(level);
  }

  /** So many were started per second of the window that ends. */
  prove(startedPerSec: number, isInTrouble: boolean): void {
    this.#provenPerSec = Math.max(this.#provenPerSec * (isInTrouble ? 0.95 : 0.99), startedPerSec);
  }

  /** Less than was started. A backlog lasts for windows: cut by each of them without a floor, the rate would fall to nothing. */
  cut(startedPerSec: number, share: number): void {
    const floor = Math.max(MIN_RATE_PER_SEC, this.#provenPerSec * MIN_PROVEN_SHARE);
    this.#ratePerSec = Math.max(floor, Math.min(this.#ratePerSec, startedPerSec) * share);
  }

  /** No more than was started. */
  cap(startedPerSec: number): void {
    this.#ratePerSec = Math.max(MIN_RATE_PER_SEC, Math.min(this.#ratePerSec, startedPerSec));
  }

  /** A little more than before, and most of what was managed. @param steps that much faster */
  raise(steps = 1): void {
    if (this.isShedding) this.#ratePerSec = Math.max(this.#ratePerSec * RAISE ** steps, this.#provenPerSec * 0.9);
  }

  /** The next window takes its share of what came in lately. */
  endWindow(arrivedPerSec: number, isInTrouble: boolean): void {
    this.#calmWindows = !isInTrouble && arrivedPerSec <= this.#ratePerSec ? this.#calmWindows + 1 : 0;
    if (!this.isShedding) return;
    if (this.#calmWindows >= CALM_WINDOWS) this.forget();
    else this.#threshold.admitShare(arrivedPerSec === 0 ? 1 : this.#ratePerSec / arrivedPerSec);
  }

  /** Everything is taken. */
  forget(): void {
    if (this.isShedding) this.#threshold.open();
    this.#ratePerSec = Number.POSITIVE_INFINITY;
    this.#calmWindows = 0;
  }
}
