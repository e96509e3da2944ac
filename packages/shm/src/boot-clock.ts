/**
 * Time that all processes of one machine share and that no clock change moves: milliseconds since boot.
 *
 * The live table stores such times as signed 32-bit "ticks" that wrap every 49.7 days, so only differences up to 24 days mean
 * something. Wall-clock time is not used there: a jump would prolong or end every ejection at once.
 */
import { readFileSync } from "node:fs";

const [seconds, nanoseconds] = process.hrtime();
const offsetMs = seconds * 1_000 + nanoseconds / 1e6 - performance.now();

/** Milliseconds since boot, the same in every process of this machine. Differences only. */
export function bootNowMs(): number {
  return performance.now() + offsetMs;
}

/** A value of `performance.now()` on the clock of {@link bootNowMs}: for callers that have just read it. */
export function bootMsOf(monotonicMs: number): number {
  return monotonicMs + offsetMs;
}

/** {@link bootNowMs} as the live table stores it. Never 0, which there means "not set". */
export function bootTick(): number {
  return bootNowMs() | 0 || 1;
}

let bootHash: number | undefined;

/** A 32-bit mark of this boot, never 0: ticks of another boot mean nothing. */
export function bootMark(): number {
  bootHash ??= hash32(readBootId()) || 1;
  return bootHash;
}

function readBootId(): string {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  } catch {
    return "no boot id"; // not Linux: a stale tick is then only bounded by the clamp in the balancer
  }
}

function hash32(text: string): number {
  let hash = 5381;
  for (let i = 0; i < text.length; i += 1) hash = (Math.imul(hash, 33) + text.charCodeAt(i)) | 0;
  return hash;
}
