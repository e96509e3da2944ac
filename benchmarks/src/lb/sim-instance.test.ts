/** The queue of an instance against what queueing theory says of it, and each of its conditions. */
import { describe, expect, it } from "vitest";
import { EventQueue } from "./event-queue.js";
import { exponential, randomStream } from "./random-streams.js";
import type { CallEnd, SimCall } from "./sim-call.js";
import { type Condition, SimInstance, WELL } from "./sim-instance.js";

function callAt(startedMs: number, workMs: number, dice = 0.99): SimCall {
  return { machine: 0, process: 0, startedMs, workMs, roundTripMs: 0, dice, slot: 0, isEnded: false };
}

/** Mean time in the queue of M/M/c in units of the mean work: Erlang's C formula. */
function expectedWait(cores: number, utilisation: number): number {
  const offered = cores * utilisation;
  let term = 1;
  let sum = 0;
  for (let n = 0; n < cores; n += 1) {
    sum += term;
    term *= offered / (n + 1);
  }
  const waiting = term / (1 - utilisation);
  return waiting / (sum + waiting) / (cores * (1 - utilisation));
}

/** Means of batches of waiting times of an M/M/c queue, work of mean 1. */
function simulatedWaits(cores: number, utilisation: number): number[] {
  const batches = 20;
  const perBatch = 10_000;
  const events = new EventQueue();
  const waits = new Float64Array(batches);
  const order = new Map<SimCall, number>();
  const instance = new SimInstance({ cores, speed: 1, queueLimit: 1e9 }, events, (call) => {
    waits[Math.floor(order.get(call)! / perBatch)]! += events.nowMs - call.startedMs - call.workMs;
  });
  const gaps = randomStream(4, "gaps", cores);
  const work = randomStream(4, "work", cores);
  let atMs = 0;
  for (let n = 0; n < batches * perBatch; n += 1) {
    atMs += exponential(gaps) / (cores * utilisation);
    const call = callAt(atMs, exponential(work));
    order.set(call, n);
    events.at(atMs, () => instance.receive(call));
  }
  events.runAll();
  return [...waits].map((sum) => sum / perBatch);
}

describe("M/M/c", () => {
  it.each([
    { cores: 1, utilisation: 0.6 },
    { cores: 4, utilisation: 0.8 },
  ])("waits as long as the formula says, $cores cores at $utilisation", ({ cores, utilisation }) => {
    const means = simulatedWaits(cores, utilisation);
    const mean = means.reduce((sum, value) => sum + value, 0) / means.length;
    const variance = means.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (means.length - 1);
    const halfWidth = 2.861 * Math.sqrt(variance / means.length); // 99 %, Student's t with 19 degrees of freedom
    expect(Math.abs(mean - expectedWait(cores, utilisation))).toBeLessThan(halfWidth);
    expect(halfWidth / mean).toBeLessThan(0.15);
  });

  it("has the known values of the formula", () => {
    expect(expectedWait(1, 0.6)).toBeCloseTo(1.5, 6);
    expect(expectedWait(2, 0.5)).toBeCloseTo(1 / 3, 6);
  });
});

describe("conditions", () => {
  function answersOf(condition: Partial<Condition>, calls: readonly SimCall[]): [atMs: number, end: CallEnd][] {
    const events = new EventQueue();
    const answers: [number, CallEnd][] = [];
    const spec = { cores: 1, speed: 2, queueLimit: 1 };
    const instance = new SimInstance(spec, events, (_call, end) => answers.push([events.nowMs, end]));
    instance.become({ ...WELL, ...condition });
    for (const call of calls) events.at(call.startedMs, () => instance.receive(call));
    events.at(50, () => instance.become({ ...WELL, presence: "down" }));
    events.runAll();
    return answers;
  }

  it.each<{ name: string; condition: Partial<Condition>; want: [number, CallEnd][] }>([
    {
      name: "well: one after the other, the third is too many",
      condition: {},
      want: [
        [0, "busy"],
        [5, "success"],
        [10, "success"],
      ],
    },
    {
      name: "slow",
      condition: { slowness: 3 },
      want: [
        [0, "busy"],
        [15, "success"],
        [30, "success"],
      ],
    },
    {
      name: "failing",
      condition: { failureRatio: 1 },
      want: [
        [0, "busy"],
        [5, "error"],
        [10, "error"],
      ],
    },
    {
      name: "failing fast",
      condition: { fastFailureRatio: 1 },
      want: [
        [0, "error"],
        [0, "error"],
        [0, "error"],
      ],
    },
    { name: "silent", condition: { presence: "silent" }, want: [] },
    {
      name: "down",
      condition: { presence: "down" },
      want: [
        [0, "refused"],
        [0, "refused"],
        [0, "refused"],
      ],
    },
    {
      name: "killed with requests under way",
      condition: { slowness: 100 },
      want: [
        [0, "busy"],
        [50, "reset"],
        [50, "reset"],
      ],
    },
  ])("$name", ({ condition, want }) => {
    expect(answersOf(condition, [callAt(0, 10), callAt(0, 10), callAt(0, 10)])).toEqual(want);
  });

  it("drops a waiting request whose caller has given up", () => {
    const calls = [callAt(0, 10), callAt(0, 10)];
    calls[1]!.isEnded = true;
    expect(answersOf({}, calls)).toEqual([[5, "success"]]);
  });
});
