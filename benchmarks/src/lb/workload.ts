/** Open-loop Poisson arrivals: the next call does not wait for the last one. */
import { exponential, lognormal, randomStream } from "./random-streams.js";
import type { Scenario } from "./scenario.js";
import type { SimCall } from "./sim-call.js";

/** Network there and back: this, and as much again on average. */
const LEAST_ROUND_TRIP_MS = 0.2;

/** The calls of a run one after the other. What is asked for depends on scenario and seed only. */
export function* arrivals(scenario: Scenario, seed: number): Generator<SimCall, undefined> {
  const stream = (purpose: string) => randomStream(seed, scenario.name, purpose);
  const gaps = stream("arrivals");
  const clients = stream("clients");
  const work = stream("work");
  const network = stream("network");
  const dice = stream("faults");
  const { machines, processesPerMachine } = scenario.clients;
  const { meanMs, sigma } = scenario.work;
  for (const atMs of poissonTimes(scenario, () => exponential(gaps))) {
    const client = Math.floor(clients() * machines * processesPerMachine);
    yield {
      machine: Math.floor(client / processesPerMachine),
      process: client % processesPerMachine,
      startedMs: atMs,
      workMs: meanMs * lognormal(work, sigma),
      roundTripMs: LEAST_ROUND_TRIP_MS * (1 + exponential(network)),
      dice: dice(),
      slot: -1,
      isEnded: false,
    };
  }
}

/** The rate changes in steps; what is left of a gap goes on at the new rate. */
function* poissonTimes({ load, phases }: Scenario, nextGap: () => number): Generator<number, undefined> {
  let step = 0;
  let atMs = load[0]?.fromMs ?? 0;
  for (;;) {
    let left = nextGap();
    for (;;) {
      const endMs = load[step + 1]?.fromMs ?? Number.POSITIVE_INFINITY;
      const gapMs = (left * 1_000) / (load[step]?.callsPerSec ?? 0);
      if (atMs + gapMs <= endMs) {
        atMs += gapMs;
        break;
      }
      left *= 1 - (endMs - atMs) / gapMs;
      atMs = endMs;
      step += 1;
    }
    if (!(atMs < phases.endMs)) return undefined;
    yield atMs;
  }
}
