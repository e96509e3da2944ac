import { describe, expect, it } from "vitest";
import { RetryBudget } from "./retry-budget.js";

function takeAll(budget: RetryBudget): number {
  let taken = 0;
  while (budget.take()) taken++;
  return taken;
}

describe("RetryBudget", () => {
  it("starts with the burst and earns a share of the calls", () => {
    const budget = new RetryBudget();
    expect(takeAll(budget)).toBe(10);
    for (let i = 0; i < 100; i++) budget.onCall(0);
    expect(takeAll(budget)).toBe(19); // 20 less rounding: 0.2 has no exact binary form
  });

  it("forgets what was earned, so that an idle hour does not pay for a storm", () => {
    const budget = new RetryBudget({ burst: 0 });
    for (let i = 0; i < 10_000; i++) budget.onCall(0);
    expect(budget.tokens).toBeCloseTo(2000, 0);
    budget.onCall(5000);
    expect(budget.tokens).toBeCloseTo(1000, 0);
    budget.onCall(60_000);
    expect(budget.tokens).toBeCloseTo(0.2, 5);
  });

  it("never allows a repeat with ratio 0 and burst 0, and takes back what was not needed", () => {
    const budget = new RetryBudget({ ratio: 0, burst: 0 });
    budget.onCall(0);
    expect(budget.take()).toBe(false);
    budget.giveBack();
    expect(budget.take()).toBe(true);
  });

  it("refills the burst within the window", () => {
    const budget = new RetryBudget({ ratio: 0, burst: 4, windowMs: 1000 });
    budget.onCall(0);
    expect(takeAll(budget)).toBe(4);
    budget.onCall(500);
    expect(takeAll(budget)).toBe(2);
  });
});
