import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createTimerEntry, startTimerWheel, type TimerEntry, type TimerWheel } from "./timer-wheel.js";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** An entry that notes how long after its deadline it was called. */
function lateness(wheel: TimerWheel, deadlineMs: number, into: number[]): TimerEntry {
  const entry = createTimerEntry((nowMs) => void into.push(nowMs - deadlineMs));
  wheel.add(entry, deadlineMs);
  return entry;
}

describe("timer wheel", () => {
  it("calls every entry once, never early and at most two ticks late, over many turns", () => {
    const wheel = startTimerWheel({ tickMs: 2, slots: 16 });
    const late: number[] = [];
    const startMs = performance.now();
    for (let i = 0; i < 500; i++) lateness(wheel, startMs + ((i * 37) % 900) + i / 7, late);
    vi.advanceTimersByTime(1200);
    expect(late).toHaveLength(500);
    expect(Math.min(...late)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...late)).toBeLessThanOrEqual(4);
    expect(wheel.size).toBe(0);
  });

  it("does not call what was removed, and holds no system timer when it is empty", () => {
    const wheel = startTimerWheel();
    const late: number[] = [];
    const entry = lateness(wheel, performance.now() + 50, late);
    wheel.remove(entry);
    wheel.remove(entry);
    vi.advanceTimersByTime(5000);
    expect(late).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("moves an entry that is added again, and lets a callback add itself and remove others", () => {
    const wheel = startTimerWheel();
    const startMs = performance.now();
    const calls: string[] = [];
    const victim = createTimerEntry(() => void calls.push("victim"));
    const repeating = createTimerEntry((nowMs) => {
      calls.push("repeating");
      wheel.remove(victim);
      if (calls.length < 3) wheel.add(repeating, nowMs + 10);
    });
    wheel.add(repeating, startMs + 1000);
    wheel.add(repeating, startMs + 10);
    wheel.add(victim, startMs + 10);
    vi.advanceTimersByTime(2000);
    expect(calls).toEqual(["repeating", "repeating", "repeating"]);
  });

  it("arms for an earlier entry that comes later", () => {
    const wheel = startTimerWheel();
    const late: number[] = [];
    lateness(wheel, performance.now() + 1500, []);
    lateness(wheel, performance.now() + 10, late);
    vi.advanceTimersByTime(14);
    expect(late).toHaveLength(1);
  });

  it("catches up after the process was stopped for longer than a turn", () => {
    const wheel = startTimerWheel({ tickMs: 2, slots: 8 });
    const late: number[] = [];
    for (let i = 1; i <= 20; i++) lateness(wheel, performance.now() + i, late);
    vi.setSystemTime(Date.now() + 10_000);
    vi.advanceTimersByTime(10_000);
    expect(late).toHaveLength(20);
  });

  it("lets sockets be read first when the process stood still: what they bring is not late", () => {
    let nowMs = 0;
    let timer = (): void => undefined;
    let afterSockets = (): void => undefined;
    const startTimer = (work: () => void) => {
      timer = work;
      return { unref: () => undefined, stop: () => undefined };
    };
    const clock = { monotonicMs: () => nowMs, startTimer };
    const wheel = startTimerWheel({
      clock,
      afterSockets: (work) => {
        afterSockets = work;
      },
    });
    const late: number[] = [];
    const answered = lateness(wheel, 50, late);
    lateness(wheel, 60, late);
    nowMs = 1_000;
    timer();
    expect(late).toEqual([]);
    wheel.remove(answered);
    afterSockets();
    expect(late).toEqual([940]);
  });

  it("waits for what is further away than a system timer reaches", () => {
    const waits: number[] = [];
    const startTimer = (_work: () => void, delayMs: number) => {
      waits.push(delayMs);
      return { unref: () => undefined, stop: () => undefined };
    };
    const wheel = startTimerWheel({ clock: { monotonicMs: () => 0, startTimer } });
    lateness(wheel, 1e12, []);
    lateness(wheel, Number.POSITIVE_INFINITY, []);
    expect(waits).toEqual([2 ** 31 - 1]);
  });

  it("calls nobody after stop", () => {
    const wheel = startTimerWheel();
    const late: number[] = [];
    lateness(wheel, performance.now() + 5, late);
    wheel.stop();
    vi.advanceTimersByTime(100);
    expect(late).toEqual([]);
    expect(wheel.size).toBe(0);
  });
});
