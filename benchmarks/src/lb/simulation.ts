/** One run: a scenario under a policy, in virtual time. The same seed gives the same run, and the same calls under each policy. */
import { EventQueue } from "./event-queue.js";
import { Measurements, type RunFigures } from "./measurements.js";
import type { MachineContext, SimPicker, SimPolicy } from "./policies/sim-policy.js";
import { randomStream } from "./random-streams.js";
import type { Scenario } from "./scenario.js";
import type { CallEnd, SimCall } from "./sim-call.js";
import { type Condition, SimInstance, WELL } from "./sim-instance.js";
import { arrivals } from "./workload.js";

/** The weight that nobody has set. */
const WEIGHT = 100;
/** Clocks don't start at 0. */
const CLOCK_START_MS = 1_000_000;

export interface SimulatedRun {
  readonly scenario: Scenario;
  readonly policy: SimPolicy;
  readonly seed: number;
}

export function simulate(run: SimulatedRun): RunFigures {
  return new Simulation(run).run();
}

class Simulation {
  readonly #run: SimulatedRun;
  readonly #events = new EventQueue();
  readonly #measurements: Measurements;
  readonly #instances: SimInstance[];
  readonly #conditions: Condition[];
  readonly #pickers: readonly (readonly SimPicker[])[];
  readonly #calls: Generator<SimCall, undefined>;

  constructor(run: SimulatedRun) {
    const { scenario } = run;
    this.#run = run;
    this.#measurements = new Measurements(scenario);
    this.#conditions = scenario.fleet.map(() => WELL);
    this.#instances = scenario.fleet.map((spec) => {
      return new SimInstance(spec, this.#events, (call, end) => this.#onAnswer(call, end));
    });
    this.#pickers = Array.from({ length: scenario.clients.machines }, (_, machine) => this.#openMachine(machine));
    this.#calls = arrivals(scenario, run.seed);
  }

  run(): RunFigures {
    for (const { atMs, slots, condition } of this.#run.scenario.changes) {
      this.#events.at(atMs, () => {
        for (const slot of slots) this.#change(slot, condition);
      });
    }
    this.#awaitCall();
    this.#events.runAll();
    return this.#measurements.figures();
  }

  #openMachine(machine: number): SimPicker[] {
    const { scenario, policy, seed } = this.#run;
    const random: MachineContext["random"] = (...purpose) => randomStream(seed, "machine", machine, ...purpose);
    const opened = policy.openMachine({
      weights: scenario.fleet.map(() => WEIGHT),
      random,
      nowMs: () => this.#clockMs(),
      every: (periodMs, work) => this.#repeat(random("phase", periodMs)() * periodMs, periodMs, work),
      acceptsConnection: (slot) => this.#instances[slot]?.acceptsConnections ?? false,
    });
    return Array.from({ length: scenario.clients.processesPerMachine }, (_, index) => opened.openProcess(index));
  }

  #clockMs(): number {
    return CLOCK_START_MS + this.#events.nowMs;
  }

  #repeat(atMs: number, periodMs: number, work: (nowMs: number) => void): void {
    if (atMs >= this.#run.scenario.phases.endMs) return;
    this.#events.at(atMs, () => {
      work(this.#clockMs());
      this.#repeat(atMs + periodMs, periodMs, work);
    });
  }

  #change(slot: number, condition: Partial<Condition>): void {
    const next = { ...this.#conditions[slot]!, ...condition };
    this.#conditions[slot] = next;
    this.#instances[slot]?.become(next);
  }

  #awaitCall(): void {
    const next = this.#calls.next();
    if (next.done) return;
    const call = next.value;
    this.#events.at(call.startedMs, () => {
      this.#send(call);
      this.#awaitCall();
    });
  }

  #send(call: SimCall): void {
    call.slot = this.#pickerOf(call).pick(this.#clockMs());
    this.#measurements.notePick(call);
    const { timeoutMs } = this.#run.scenario.clients;
    this.#events.at(call.startedMs + timeoutMs, () => this.#end(call, "timeout"));
    this.#instances[call.slot]!.receive(call);
  }

  /** The request has taken no time to arrive, its answer takes the way there and back: seen from either end it is the same. */
  #onAnswer(call: SimCall, end: CallEnd): void {
    this.#events.at(this.#events.nowMs + call.roundTripMs, () => this.#end(call, end));
  }

  #end(call: SimCall, end: CallEnd): void {
    if (call.isEnded) return;
    call.isEnded = true;
    const latencyMs = this.#events.nowMs - call.startedMs;
    this.#pickerOf(call).report(call.slot, end, latencyMs, this.#clockMs());
    this.#measurements.noteEnd(call, end, latencyMs);
  }

  #pickerOf(call: SimCall): SimPicker {
    return this.#pickers[call.machine]![call.process]!;
  }
}
