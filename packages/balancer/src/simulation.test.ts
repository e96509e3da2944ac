/** Many calls at once from several processes that share one table: a seeded event simulation, no real time. */
import { describe, expect, it } from "vitest";
import { Balancer } from "./balancer.js";
import { type CallOutcome, HEALTH_FIELD as F } from "./health-table.js";
import { MemoryHealthTable } from "./memory-health-table.js";
import { seededRandom } from "./seeded-random.js";

interface Answer {
  readonly outcome: CallOutcome;
  readonly latencyMs: number;
}

interface Scene {
  readonly instances: number;
  readonly processes: number;
  readonly callsPerSec: number;
  readonly seed: number;
  /** How an instance answers a call that starts at this time; `load` = calls it has in flight. */
  answer(slot: number, atMs: number, load: number): Answer;
}

interface Tally {
  readonly picks: number[];
  lost: number;
}

class Simulation {
  readonly table: MemoryHealthTable;
  readonly #scene: Scene;
  readonly #balancers: Balancer[];
  readonly #random: () => number;
  #nowMs = 1_000;
  #ends: { atMs: number; balancer: Balancer; slot: number; answer: Answer }[] = [];

  constructor(scene: Scene) {
    this.#scene = scene;
    this.#random = seededRandom(scene.seed);
    const members = Array.from({ length: scene.instances }, (_, n) => ({ address: `10.0.0.${n + 1}:80`, weight: 100 }));
    this.table = new MemoryHealthTable(members);
    const opts = { nowMs: () => this.#nowMs, random: this.#random };
    this.#balancers = Array.from({ length: scene.processes }, () => new Balancer(this.table, opts));
  }

  run(seconds: number): Tally {
    const tally: Tally = { picks: new Array(this.#scene.instances).fill(0), lost: 0 };
    const gapMs = 1_000 / this.#scene.callsPerSec;
    for (let n = 0; n < seconds * this.#scene.callsPerSec; n += 1) {
      const nextMs = this.#nowMs + gapMs;
      this.#finishUntil(nextMs, tally);
      this.#nowMs = nextMs;
      const balancer = this.#balancers[Math.floor(this.#random() * this.#balancers.length)] as Balancer;
      const slot = balancer.pick([]);
      tally.picks[slot] = (tally.picks[slot] ?? 0) + 1;
      const answer = this.#scene.answer(slot, this.#nowMs, this.table.get(slot, F.inFlight));
      this.#ends.push({ atMs: this.#nowMs + answer.latencyMs, balancer, slot, answer });
    }
    return tally;
  }

  #finishUntil(untilMs: number, tally: Tally): void {
    const due = this.#ends.filter((end) => end.atMs <= untilMs).toSorted((a, b) => a.atMs - b.atMs);
    if (due.length === 0) return;
    this.#ends = this.#ends.filter((end) => end.atMs > untilMs);
    for (const { atMs, balancer, slot, answer } of due) {
      this.#nowMs = atMs;
      if (answer.outcome !== "success") tally.lost += 1;
      balancer.report({ slot, generation: this.table.generation(slot), ...answer });
    }
  }
}

const base = { processes: 4, callsPerSec: 2_000, seed: 11 };
const ok = (latencyMs: number): Answer => ({ outcome: "success", latencyMs });

describe("four processes, 2000 calls/s", () => {
  it("lose a handful of calls when one of two instances starts to refuse, and give its share back in 15 s", () => {
    let isDown = false;
    const random = seededRandom(2);
    const simulation = new Simulation({
      ...base,
      instances: 2,
      answer: (slot) => (isDown && slot === 0 ? { outcome: "refused", latencyMs: 0.2 } : ok(2 + random())),
    });
    simulation.run(5);
    isDown = true;
    const down = simulation.run(10);
    expect(down.lost).toBeLessThanOrEqual(8);
    isDown = false;
    simulation.run(15 + 8); // up to 8 s until the next trial, then the ramp
    const back = simulation.run(5);
    expect((back.picks[0] ?? 0) / 10_000).toBeGreaterThan(0.4);
    expect(back.lost).toBe(0);
  });

  it("lose what is under way, and little more, when an instance hangs until the deadline", () => {
    const simulation = new Simulation({
      ...base,
      instances: 4,
      answer: (slot, atMs) => (slot === 3 && atMs > 3_000 ? { outcome: "timeout", latencyMs: 200 } : ok(5)),
    });
    const { lost } = simulation.run(30);
    expect(lost).toBeLessThan(40); // of 60,000: calls in flight make it look worse before the first deadline passes
  });

  it("keep using all instances when all of them fail half of their calls", () => {
    const random = seededRandom(3);
    const simulation = new Simulation({
      ...base,
      instances: 4,
      answer: () => (random() < 0.5 ? { outcome: "error", latencyMs: 1 } : ok(1)),
    });
    const { picks } = simulation.run(20);
    expect(Math.min(...picks)).toBeGreaterThan(2_000); // of 40,000
  });

  it("give a loaded, slower machine less, so that no queue grows", () => {
    // machine 0 serves 8 calls at a time in 10 ms each, the others 32: 7,200 calls/s in all
    const simulation = new Simulation({
      ...base,
      callsPerSec: 5_500,
      instances: 3,
      answer: (slot, _atMs, load) => ok(10 * Math.max(1, load / (slot === 0 ? 8 : 32))),
    });
    simulation.run(2);
    const { picks } = simulation.run(4);
    expect(picks[0]).toBeLessThan((picks[1] ?? 0) * 0.6);
    expect(picks[0]).toBeGreaterThan(2_000);
    expect(simulation.table.get(0, F.inFlight)).toBeLessThan(16);
  });
});
