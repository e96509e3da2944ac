import type { MetricEmitter } from "@msec/telemetry";

/** The author's own metrics of this service. Names get the prefix `usr.` if they don't have it. Never blocks, never throws. */
export interface ServiceMetrics {
  /** Adds to a sum per second. @param value whole number above 0, default 1 */
  add(name: string, value?: number): void;
  /** Reports a level (queue length, connections); the last one of a second counts. Don't mix `add` and `set` on one name. */
  set(name: string, value: number): void;
}

const PREFIX = "usr.";

export function createServiceMetrics(emitter: MetricEmitter): ServiceMetrics {
  const full = new Map<string, string>();
  const nameOf = (name: string): string => {
    let known = full.get(name);
    if (known === undefined) {
      known = name.startsWith(PREFIX) ? name : PREFIX + name;
      if (full.size < 4_000) full.set(name, known);
    }
    return known;
  };
  return {
    add: (name, value = 1) => emitter.add(nameOf(name), value),
    set: (name, value) => emitter.set(nameOf(name), value),
  };
}
