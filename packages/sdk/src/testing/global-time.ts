/**
 * Puts `Date`, `performance.now`, `process.hrtime`, `AbortSignal.timeout` and `node:timers/promises` on virtual time as long as a
 * cluster lives.
 */
import { createRequire, syncBuiltinESMExports } from "node:module";
import type { TestClock } from "./test-clock.js";

type SleepOptions = { readonly signal?: AbortSignal };
type Sleep = (delayMs?: number, value?: unknown, options?: SleepOptions) => Promise<unknown>;

type TimersModule = Record<"setTimeout" | "setInterval", unknown> & { readonly scheduler: { wait: unknown } };

/** @returns gives the real ones back */
export function installGlobalTime(clock: TestClock): () => void {
  const timers = createRequire(import.meta.url)("node:timers/promises") as TimersModule;
  const sleep = virtualSleep(clock);
  const ends = [
    exchange(globalThis, "Date", virtualDate(clock)),
    exchange(performance, "now", () => clock.monotonicMs()),
    exchange(AbortSignal, "timeout", virtualTimeout(clock)),
    exchange(timers, "setTimeout", sleep),
    exchange(timers, "setInterval", virtualInterval(sleep)),
    exchange(timers.scheduler, "wait", (delayMs?: number, options?: SleepOptions) =>
      sleep(delayMs, undefined, options),
    ),
    exchange(process, "hrtime", virtualHighResolutionTime(clock)),
  ];
  syncBuiltinESMExports(); // for those who have imported it by name
  return () => {
    for (const end of ends) end();
    syncBuiltinESMExports();
  };
}

function exchange<K extends string>(owner: { [key in K]: unknown }, name: K, own: unknown): () => void {
  const before = Object.getOwnPropertyDescriptor(owner, name);
  Object.defineProperty(owner, name, { value: own, writable: true, enumerable: false, configurable: true });
  return () => {
    if (owner[name] !== own) return; // somebody has exchanged it since, and gives it back
    if (before === undefined) delete (owner as { [key in K]?: unknown })[name];
    else Object.defineProperty(owner, name, before);
  };
}

function virtualDate(clock: TestClock): DateConstructor {
  const now = (): number => clock.nowMs();
  return new Proxy(Date, {
    construct: (target, args, newTarget) => Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget),
    apply: (target) => new target(now()).toString(),
    get: (target, key, receiver) => (key === "now" ? now : Reflect.get(target, key, receiver)),
  });
}

function virtualHighResolutionTime(clock: TestClock): NodeJS.HRTime {
  const nowNs = (): bigint => BigInt(Math.round(clock.monotonicMs() * 1e6));
  const pair = (since: [number, number] = [0, 0]): [number, number] => {
    const ns = nowNs() - (BigInt(since[0]) * 1_000_000_000n + BigInt(since[1]));
    return [Number(ns / 1_000_000_000n), Number(ns % 1_000_000_000n)];
  };
  return Object.assign(pair, { bigint: nowNs });
}

function virtualTimeout(clock: TestClock): (delayMs: number) => AbortSignal {
  return (delayMs) => {
    const controller = new AbortController();
    clock.startTimer?.(() => controller.abort(timeoutError()), delayMs);
    return controller.signal;
  };
}

/** As the system's. */
function timeoutError(): DOMException {
  return new DOMException("The operation was aborted due to timeout", "TimeoutError");
}

function virtualSleep(clock: TestClock): Sleep {
  return async (delayMs = 1, value, { signal } = {}) => {
    try {
      await clock.sleep(Math.max(1, delayMs), signal);
    } catch (cause) {
      throw Object.assign(new Error("The operation was aborted", { cause }), { name: "AbortError", code: "ABORT_ERR" });
    }
    return value;
  };
}

function virtualInterval(sleep: Sleep): (...args: Parameters<Sleep>) => AsyncGenerator<unknown> {
  return async function* (delayMs, value, options) {
    for (;;) yield await sleep(delayMs, value, options);
  };
}
