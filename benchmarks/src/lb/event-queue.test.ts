import { expect, it } from "vitest";
import { EventQueue } from "./event-queue.js";
import { randomStream } from "./random-streams.js";

it("runs events by time, and those of the same time in the order they were added", () => {
  const events = new EventQueue();
  const random = randomStream(1, "times");
  const ran: { atMs: number; order: number; nowMs: number }[] = [];
  for (let order = 0; order < 2_000; order += 1) {
    const atMs = Math.floor(random() * 100);
    events.at(atMs, () => ran.push({ atMs, order, nowMs: events.nowMs }));
  }
  events.runAll();
  expect(ran).toHaveLength(2_000);
  expect(ran).toEqual(ran.toSorted((a, b) => a.atMs - b.atMs || a.order - b.order));
  expect(ran.every(({ atMs, nowMs }) => atMs === nowMs)).toBe(true);
});

it("runs what events add", () => {
  const events = new EventQueue();
  const times: number[] = [];
  const again = () => {
    times.push(events.nowMs);
    if (times.length < 4) events.at(events.nowMs + 10, again);
  };
  events.at(5, again);
  events.runAll();
  expect(times).toEqual([5, 15, 25, 35]);
});
