/**
 * What is possible in a brown-out, whoever balances: an oracle that knows which instances fail and what each has in flight from all
 * clients sends them a share and takes the emptiest. Sending less there fails fewer calls and fills the others' queues.
 */
import { type Cell, runCell } from "./cell.js";
import type { SimPolicy } from "./policies/sim-policy.js";
import type { Scenario } from "./scenario.js";

const SHARES = [0.5, 0.4, 0.3, 0.25, 0.2, 0.15, 0.1, 0.05];

/** The figures by the share of the calls that the failing instances get. */
export function frontierOf(scenario: Scenario, seeds: readonly number[]): readonly Cell[] {
  return SHARES.map((share) => runCell(scenario, oracle(scenario, share), seeds));
}

/** Each run ends with nothing in flight, so that the next one may use the same counts. */
function oracle(scenario: Scenario, share: number): SimPolicy {
  const [begin, end] = scenario.changes;
  if (begin === undefined || end === undefined) throw new Error(`nothing changes in ${scenario.name}`);
  const all = scenario.fleet.map((_, slot) => slot);
  const groups = { failing: begin.slots, others: all.filter((slot) => !begin.slots.includes(slot)) };
  const inFlight = new Int32Array(all.length);
  return {
    name: `oracle, ${Math.round(share * 100)} %`,
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
              const group = isTrouble ? (draw() < share ? groups.failing : groups.others) : all;
              const slot = emptiest(group, inFlight, Math.floor(draw() * group.length));
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

/** The first of those with the fewest, from `start` on. */
function emptiest(slots: readonly number[], inFlight: Int32Array, start: number): number {
  let best = slots[start]!;
  for (let n = 1; n < slots.length; n += 1) {
    const slot = slots[(start + n) % slots.length]!;
    if (inFlight[slot]! < inFlight[best]!) best = slot;
  }
  return best;
}
