import { expect, it } from "vitest";
import { barsOf } from "./bars.js";
import type { Cell } from "./cell.js";

const endCounts = { success: 1, refused: 0, reset: 0, timeout: 0, error: 0, busy: 0 };
function cell(policy: string, failedPercent: number, p99Ms: number, restoredSec?: number | null): Cell {
  const restored = restoredSec === undefined ? {} : { restoredSec };
  return { scenario: "one slow", policy, calls: 1, failedPercent, p50Ms: 1, p99Ms, endCounts, ...restored };
}
const others = [cell("random", 25, 300, 0), cell("p2c", 1, 40, 0), cell("peak ewma", 2, 30, 0)];
const missed = (own: Cell) => barsOf([...others, own], "adaptive").filter((bar) => !bar.isMet);

it.each([
  { name: "all met, at the very margin", own: cell("adaptive", 1.1, 33, 10), want: [] },
  { name: "too many failed", own: cell("adaptive", 1.11, 33, 10), want: ["failed"] },
  { name: "too slow", own: cell("adaptive", 1, 33.1, 10), want: ["p99"] },
  {
    name: "worse than random in all",
    own: cell("adaptive", 26, 303.1, 3),
    want: ["failed", "p99", "random failed", "random p99"],
  },
  { name: "late", own: cell("adaptive", 1, 30, 10.25), want: ["restore"] },
  { name: "never back", own: cell("adaptive", 1, 30, null), want: ["restore"] },
])("$name", ({ own, want }) => {
  expect(missed(own).map(({ bar }) => bar)).toEqual(want);
});

it("takes each figure from the column that is best in it", () => {
  const bars = barsOf([...others, cell("adaptive", 1, 30, 1)], "adaptive");
  expect(bars.map(({ bar, against }) => [bar, against])).toEqual([
    ["failed", "p2c"],
    ["p99", "peak ewma"],
    ["random failed", "random"],
    ["random p99", "random"],
    ["restore", ""],
  ]);
});

it("has no bar of restoring where nothing was out", () => {
  const bars = barsOf([cell("random", 0, 10), cell("adaptive", 0, 10)], "adaptive");
  expect(bars.map(({ bar }) => bar)).toEqual(["failed", "p99", "random failed", "random p99"]);
});
