import { describe, expect, it } from "vitest";
import { parseRange, type Range, refreshMs, resolveRange, stepMs, wholeSteps, writeRange } from "./range.js";

const NOW = 1_700_000_000_400;

describe("the range in the address", () => {
  it.each<Range>([{ kind: "live" }, { kind: "last", name: "6h" }, { kind: "fixed", fromMs: 1000, toMs: 2000 }])(
    "comes back as it was written: $kind",
    (range) => {
      expect(parseRange(writeRange(new URLSearchParams("range=1h&from=1&to=9"), range))).toEqual(range);
    },
  );

  it("keeps the other parameters of the page", () => {
    const next = writeRange(new URLSearchParams("service=A.b&range=1h"), { kind: "live" });
    expect(next.toString()).toBe("service=A.b&range=live");
  });

  it.each(["", "range=toString", "range=2w", "from=5&to=5", "from=9&to=1", "from=x&to=2", "from=1"])(
    "falls back to a quarter of an hour for %j",
    (text) => {
      expect(parseRange(new URLSearchParams(text))).toEqual({ kind: "last", name: "15m" });
    },
  );
});

it("ends a relative range at the next full second", () => {
  expect(resolveRange({ kind: "last", name: "1h" }, NOW)).toEqual({
    fromMs: 1_699_996_401_000,
    toMs: 1_700_000_001_000,
  });
});

it("asks again often when live, never for the past", () => {
  expect([refreshMs({ kind: "live" }), refreshMs({ kind: "fixed", fromMs: 0, toMs: 1 })]).toEqual([2000, false]);
});

it("widens the step with the range", () => {
  const steps = (["15m", "1h", "24h", "7d"] as const).map((name) => stepMs(resolveRange({ kind: "last", name }, NOW)));
  expect(steps).toEqual([5000, 60_000, 300_000, 2_040_000]);
});

it("leaves out the last step until its reports had time to arrive", () => {
  const window = { fromMs: 1_700_000_000_000 - 300_000, toMs: 1_700_000_005_000 };
  expect(wholeSteps(window, 1_700_000_004_000)).toEqual({ ...window, toMs: 1_700_000_000_000, stepMs: 5000 });
  expect(wholeSteps(window, 1_700_000_009_000).toMs).toBe(1_700_000_005_000);
  expect(wholeSteps({ fromMs: 5000, toMs: 10_000 }, 0).toMs).toBe(10_000);
});
