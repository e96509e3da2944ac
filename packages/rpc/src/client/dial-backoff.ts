/**
 * Addresses that refuse connections: they are dialled again after a pause that doubles, so that a dead instance does not cost a dial per
 * call. The first failure costs no pause (a restart takes one call at most), and no pause is longer than the balancer's first ejection,
 * so that its trial calls get through.
 */
import { AppError, isAppError } from "@msec/core";

const FIRST_PAUSE_MS = 50;
const MAX_PAUSE_MS = 1_000;
/** A failure this old says nothing any more. */
const FORGET_MS = 30_000;
const MAX_ADDRESSES = 4_096;

interface Failing {
  failures: number;
  failedMs: number;
  nextDialMs: number;
  error: unknown;
}

export class DialBackoff {
  readonly #random: () => number;
  readonly #failing = new Map<string, Failing>();

  /** @param random in [0, 1); pauses are shortened by up to a half, so that many clients don't come back at once */
  constructor(random: () => number = Math.random) {
    this.#random = random;
  }

  /** Why the address is not dialled now: its last error, with the time until the next dial; undefined = dial. */
  refusal(address: string, nowMs: number): AppError | undefined {
    const failing = this.#failing.get(address);
    if (failing === undefined || nowMs >= failing.nextDialMs) return undefined;
    const nextDialInMs = Math.ceil(failing.nextDialMs - nowMs);
    const { error } = failing;
    if (!isAppError(error)) return undefined;
    const message = `${error.message}; it has failed ${failing.failures} times, the next dial is in ${nextDialInMs} ms`;
    const { code, reason, details } = error;
    return new AppError({ code, reason, message, details: { ...details, nextDialInMs } }, { cause: error });
  }

  failed(address: string, error: unknown, nowMs: number): void {
    const before = this.#failing.get(address);
    const failures = before === undefined || nowMs - before.failedMs > FORGET_MS ? 1 : before.failures + 1;
    const pauseMs = failures === 1 ? 0 : Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (failures - 2));
    const nextDialMs = nowMs + pauseMs * (1 - this.#random() / 2);
    this.#failing.delete(address);
    if (this.#failing.size >= MAX_ADDRESSES) this.#failing.delete(this.#failing.keys().next().value!);
    this.#failing.set(address, { failures, failedMs: nowMs, nextDialMs, error });
  }

  succeeded(address: string): void {
    if (this.#failing.size > 0) this.#failing.delete(address);
  }
}
