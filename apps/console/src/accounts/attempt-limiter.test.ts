import { type Clock, systemClock } from "@msec/core";
import { describe, expect, it } from "vitest";
import { AttemptLimiter } from "./attempt-limiter.js";

function limiter() {
  const time = { ms: 0 };
  const clock: Clock = { ...systemClock, monotonicMs: () => time.ms };
  return { time, attempts: new AttemptLimiter({ burst: 3, refillMs: 1000 }, clock) };
}

describe("AttemptLimiter", () => {
  it("allows a burst, then tells the wait, then one for each pause", () => {
    const { time, attempts } = limiter();
    expect([1, 2, 3].map(() => attempts.take("a"))).toEqual([0, 0, 0]);
    expect(attempts.take("a")).toBe(1000);
    time.ms = 400;
    expect(attempts.take("a")).toBe(600);
    time.ms = 1000;
    expect([attempts.take("a"), attempts.take("a")]).toEqual([0, 1000]);
  });

  it("does not let refused attempts prolong the wait, nor a long pause exceed the burst", () => {
    const { time, attempts } = limiter();
    for (let i = 0; i < 50; i++) attempts.take("a");
    time.ms = 1_000_000;
    expect([1, 2, 3, 4].map(() => attempts.take("a"))).toEqual([0, 0, 0, 1000]);
  });

  it("counts each key for itself and forgets it after a success", () => {
    const { attempts } = limiter();
    for (let i = 0; i < 4; i++) attempts.take("a");
    expect(attempts.take("b")).toBe(0);
    attempts.reset("a");
    expect(attempts.take("a")).toBe(0);
  });
});
