/**
 * What is possible in a brown-out: an oracle that knows which instances fail and what each has in flight from all clients. It takes
 * the emptiest of those that are well, as long as no more than so many calls would wait there; else the emptiest of all. Waiting longer
 * fails fewer calls. No client can know as much: its figures are a bound, not a goal.
 */
import { type Cell, runCell } from "./cell.js";
import type { SimPolicy } from "./policies/sim-policy.js";
import type { Scenario } from "./scenario.js";

/** Calls that may wait at an instance before failing ones get some. */
const QUEUES = [-1, 0, 1, 2, 3];

export function frontierOf(scenario: Scenario, seeds: readonly number[]): readonly Cell[] {
  return QUEUES.map((queue) => runCell(scenario, oracle(scenario, queue), seeds));
}

/** Each run ends with nothing in flight, so that the next one may use the same counts. */
function oracle(scenario: Scenario, queue: number): SimPolicy {
  const [begin, end] = scenario.changes;
  if (begin === undefined || end === undefined) throw new Error(`nothing changes in ${scenario.name}`);
  const all = scenario.fleet.map((_, slot) => slot);
  const well = all.filter((slot) => !begin.slots.includes(slot));
  const inFlight = new Int32Array(all.length);
  return {
    name: `oracle, ${queue < 0 ? "a core to spare" : `${queue} waiting`}`,
    about: "knows who fails and what each has in flight",
    openMachine: ({ random, nowMs }) => {
      const startMs = nowMs();
      return {
        openProcess: (index) => {
          const draw = random("pick", index);
          return {
            pick: (now) => {
              const atMs = now - startMs;
              const isTrouble = atMs >= begin.atMs && atMs < end.atMs;
              let slot = emptiest(isTrouble ? well : all, inFlight, draw());
              const room = scenario.fleet[slot]!.cores + queue;
              if (isTrouble && inFlight[slot]! >= room) slot = emptiest(all, inFlight, draw());
              inFlight[slot]! += 1;
              return slot;
            },
            report: (slot) => {
              inFlight[slot]! -= 1;
            },
          };
        },
      };
    },
  };
}

/** The first of those with the fewest, from anywhere on. */
function emptiest(slots: readonly number[], inFlight: Int32Array, from: number): number {
  const start = Math.floor(from * slots.length);
  let best = slots[start]!;
  for (let n = 1; n < slots.length; n += 1) {
    const slot = slots[(start + n) % slots.length]!;
    if (inFlight[slot]! < inFlight[best]!) best = slot;
  }
  return best;
}
