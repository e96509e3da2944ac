/**
 * The power of two choices (Mitzenmacher 2001) over two measures of load. What is known is shared by the processes of a machine, as
 * it is for ours, so that the columns differ by policy and not by what they see.
 */
import type { RandomSource } from "../random-streams.js";
import type { SimPolicy } from "./sim-policy.js";

interface LoadMeasure {
  load(slot: number, nowMs: number): number;
  begin(slot: number, nowMs: number): void;
  end(slot: number, latencyMs: number, nowMs: number): void;
}

function twoChoices(about: { name: string; about: string }, measure: (count: number) => LoadMeasure): SimPolicy {
  return {
    ...about,
    openMachine: ({ weights, random }) => {
      const loads = measure(weights.length);
      return {
        openProcess: (index) => {
          const draw = random("pick", index);
          return {
            pick: (nowMs) => {
              const [one, other] = twoOf(weights.length, draw);
              const slot = loads.load(other, nowMs) < loads.load(one, nowMs) ? other : one;
              loads.begin(slot, nowMs);
              return slot;
            },
            report: (slot, _end, latencyMs, nowMs) => loads.end(slot, latencyMs, nowMs),
          };
        },
      };
    },
  };
}

/** Two different ones, if there are. */
function twoOf(count: number, draw: RandomSource): readonly [number, number] {
  const one = Math.floor(draw() * count);
  if (count < 2) return [one, one];
  const other = Math.floor(draw() * (count - 1));
  return [one, other >= one ? other + 1 : other];
}

export const leastInFlightPolicy: SimPolicy = twoChoices(
  { name: "p2c", about: "two choices, fewest calls in flight" },
  (count) => {
    const inFlight = new Int32Array(count);
    return {
      load: (slot) => inFlight[slot]!,
      begin: (slot) => {
        inFlight[slot]! += 1;
      },
      end: (slot) => {
        inFlight[slot]! -= 1;
      },
    };
  },
);

const DECAY_MS = 10_000;
/** Load of an instance that has calls but no latency yet. */
const UNKNOWN_LOAD = 1e9;

/** Written after the description of Finagle's load metric: rises to each peak at once, decays with time, times calls in flight. */
export const peakEwmaPolicy: SimPolicy = twoChoices(
  { name: "peak ewma", about: "two choices, peak-sensitive average latency (10 s) × calls in flight" },
  (count) => {
    const inFlight = new Int32Array(count);
    const costMs = new Float64Array(count);
    const seenMs = new Float64Array(count);
    const observe = (slot: number, latencyMs: number, nowMs: number): void => {
      const weight = Math.exp(-(nowMs - seenMs[slot]!) / DECAY_MS);
      seenMs[slot] = nowMs;
      costMs[slot] = latencyMs > costMs[slot]! ? latencyMs : costMs[slot]! * weight + latencyMs * (1 - weight);
    };
    return {
      load: (slot, nowMs) => {
        observe(slot, 0, nowMs);
        if (costMs[slot] === 0 && inFlight[slot]! > 0) return UNKNOWN_LOAD + inFlight[slot]!;
        return costMs[slot]! * (inFlight[slot]! + 1);
      },
      begin: (slot) => {
        inFlight[slot]! += 1;
      },
      end: (slot, latencyMs, nowMs) => {
        inFlight[slot]! -= 1;
        observe(slot, latencyMs, nowMs);
      },
    };
  },
);
