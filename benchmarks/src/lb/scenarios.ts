/** The scenarios by name; each takes its sizes from a set. */
import type { Change, Phases, Recovery, Scenario } from "./scenario.js";
import type { ScenarioSet } from "./scenario-set.js";
import { type Condition, type InstanceSpec, WELL } from "./sim-instance.js";

const WARM_UP_MS = 8_000;
const TROUBLE_MS = 25_000;
const AFTER_MS = 20_000;
const WELL_AT_MS = WARM_UP_MS + TROUBLE_MS;
const PHASES: Phases = { warmUpMs: WARM_UP_MS, endMs: WELL_AT_MS + AFTER_MS };
const SILENT: Partial<Condition> = { presence: "silent" };
const DOWN: Partial<Condition> = { presence: "down" };
/** Requests that may wait per core. */
const QUEUE_PER_CORE = 25;

type Wrong = Pick<Scenario, "name" | "about" | "changes" | "recoveries"> & Partial<Scenario>;

const percent = (ratio: number): string => `${Math.round(ratio * 1_000) / 10} %`;

export function scenariosOf(set: ScenarioSet): readonly Scenario[] {
  return [...steady(set), ...oneWrong(set), ...severalWrong(set), ...changing(set)].map((wrong) =>
    complete(set, wrong),
  );
}

function complete(set: ScenarioSet, wrong: Wrong): Scenario {
  const fleet = wrong.fleet ?? fleetOf(set, [1]);
  const load = wrong.load ?? [{ fromMs: 0, callsPerSec: set.loadRatio * callsPerSecOf(set, fleet) }];
  return { fleet, clients: set.clients, work: set.work, phases: PHASES, ...wrong, load };
}

function fleetOf(set: ScenarioSet, speeds: readonly number[]): readonly InstanceSpec[] {
  return Array.from({ length: set.instances }, (_, slot) => ({
    cores: set.cores,
    speed: speeds[slot % speeds.length] ?? 1,
    queueLimit: QUEUE_PER_CORE * set.cores,
  }));
}

function callsPerSecOf(set: ScenarioSet, fleet: readonly InstanceSpec[]): number {
  return fleet.reduce((sum, { cores, speed }) => sum + (cores * speed * 1_000) / set.work.meanMs, 0);
}

/** In trouble from the end of the warm-up on, well at once when it is over. */
function trouble(slots: readonly number[], condition: Partial<Condition>): Pick<Scenario, "changes" | "recoveries"> {
  return {
    changes: [
      { atMs: WARM_UP_MS, slots, condition },
      { atMs: WELL_AT_MS, slots, condition: WELL },
    ],
    recoveries: slots.map((slot) => ({ slot, atMs: WELL_AT_MS })),
  };
}

function allSlots(count: number): number[] {
  return Array.from({ length: count }, (_, slot) => slot);
}

function steady(set: ScenarioSet): readonly Wrong[] {
  const { backgroundRatio, mixedSpeeds } = set.faults;
  const background: Change = {
    atMs: 0,
    slots: allSlots(set.instances),
    condition: { failureRatio: backgroundRatio },
  };
  const none = { changes: [], recoveries: [] };
  return [
    { name: "healthy", about: "nothing is wrong", ...none },
    {
      name: "background errors",
      about: `each instance fails ${percent(backgroundRatio)} of its calls`,
      changes: [background],
      recoveries: [],
    },
    {
      name: "mixed hardware",
      about: `speeds ${mixedSpeeds.join(", ")} in equal parts, all with the same weight`,
      fleet: fleetOf(set, mixedSpeeds),
      ...none,
    },
  ];
}

function oneWrong({ faults }: ScenarioSet): readonly Wrong[] {
  const { slow, verySlow, failureRatio, fastFailureRatio } = faults;
  return [
    { name: "one slow", about: `one takes ${slow} times as long`, ...trouble([0], { slowness: slow }) },
    { name: "one very slow", about: `one takes ${verySlow} times as long`, ...trouble([0], { slowness: verySlow }) },
    {
      name: "one failing",
      about: `one fails ${percent(failureRatio)} of its calls`,
      ...trouble([0], { failureRatio }),
    },
    {
      name: "one failing fast",
      about: `one answers ${percent(fastFailureRatio)} of its calls with an error at once`,
      ...trouble([0], { fastFailureRatio }),
    },
    { name: "one silent", about: "one takes requests and never answers", ...trouble([0], SILENT) },
  ];
}

function severalWrong(set: ScenarioSet): readonly Wrong[] {
  const { silentInstances, brownOut } = set.faults;
  const { instances, failureRatio, highLoadRatio } = brownOut;
  const failing = trouble(allSlots(instances), { failureRatio });
  const about = `${instances} of ${set.instances} fail ${percent(failureRatio)} of their calls`;
  return [
    {
      name: "quarter silent",
      about: `${silentInstances} of ${set.instances} never answer`,
      ...trouble(allSlots(silentInstances), SILENT),
    },
    { name: "brown-out", about, ...failing },
    {
      name: "brown-out at high load",
      about: `${about}, at ${percent(highLoadRatio)} of the capacity: more than the others could carry`,
      load: [{ fromMs: 0, callsPerSec: highLoadRatio * callsPerSecOf(set, fleetOf(set, [1])) }],
      ...failing,
    },
  ];
}

function changing(set: ScenarioSet): readonly Wrong[] {
  const { flapping, restart, gradualSlowness, smallLoadRatio } = set.faults;
  const small = smallLoadRatio * callsPerSecOf(set, fleetOf(set, [1]));
  return [
    {
      name: "flapping",
      about: `one is down for ${flapping.downMs / 1_000} s and up for ${flapping.upMs / 1_000} s, again and again`,
      ...flappingChanges(flapping),
    },
    {
      name: "rolling restart",
      about: `each in turn is killed, down for ${restart.downMs / 1_000} s, then slow for ${restart.coldMs / 1_000} s`,
      ...rollingRestart(set),
    },
    {
      name: "gradual slow-down",
      about: `one takes longer and longer, up to ${gradualSlowness} times`,
      ...gradualChanges(gradualSlowness),
    },
    {
      name: "ten times the load",
      about: `from ${percent(smallLoadRatio)} to ${percent(smallLoadRatio * 10)} of the capacity at once, and back`,
      load: [
        { fromMs: 0, callsPerSec: small },
        { fromMs: WARM_UP_MS, callsPerSec: small * 10 },
        { fromMs: WELL_AT_MS, callsPerSec: small },
      ],
      changes: [],
      recoveries: [],
    },
  ];
}

function flappingChanges({ downMs, upMs }: { downMs: number; upMs: number }): Pick<Scenario, "changes" | "recoveries"> {
  const changes: Change[] = [];
  let atMs = WARM_UP_MS;
  for (; atMs + downMs <= WELL_AT_MS; atMs += downMs + upMs) {
    changes.push({ atMs, slots: [0], condition: DOWN }, { atMs: atMs + downMs, slots: [0], condition: WELL });
  }
  return { changes, recoveries: [{ slot: 0, atMs: changes.at(-1)?.atMs ?? 0 }] };
}

function rollingRestart({ instances, faults }: ScenarioSet): Pick<Scenario, "changes" | "recoveries" | "phases"> {
  const { downMs, coldMs, coldSlowness } = faults.restart;
  const changes: Change[] = [];
  const recoveries: Recovery[] = [];
  let atMs = WARM_UP_MS;
  for (let slot = 0; slot < instances; slot += 1) {
    const upAtMs = atMs + downMs;
    const warmAtMs = upAtMs + coldMs;
    changes.push(
      { atMs, slots: [slot], condition: DOWN },
      { atMs: upAtMs, slots: [slot], condition: { presence: "up", slowness: coldSlowness } },
      { atMs: warmAtMs, slots: [slot], condition: WELL },
    );
    recoveries.push({ slot, atMs: warmAtMs });
    atMs = warmAtMs;
  }
  return { changes, recoveries, phases: { warmUpMs: WARM_UP_MS, endMs: atMs + AFTER_MS } };
}

function gradualChanges(slowest: number): Pick<Scenario, "changes" | "recoveries"> {
  const steps = TROUBLE_MS / 1_000;
  const changes: Change[] = Array.from({ length: steps }, (_, n) => ({
    atMs: WARM_UP_MS + n * 1_000,
    slots: [0],
    condition: { slowness: 1 + ((slowest - 1) * (n + 1)) / steps },
  }));
  changes.push({ atMs: WELL_AT_MS, slots: [0], condition: WELL });
  return { changes, recoveries: [{ slot: 0, atMs: WELL_AT_MS }] };
}
