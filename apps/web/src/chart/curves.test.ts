import { expect, it } from "vitest";
import { alignValues, axisTop, curveFacts, pointTimes } from "./curves.js";

it("gives uPlot seconds", () => {
  expect(pointTimes(10_000, 5000, 3)).toEqual([10, 15, 20]);
});

it("leaves gaps out of last, min and max", () => {
  expect(curveFacts([null, 4, 0, null, 9, null])).toEqual({ last: 9, min: 0, max: 9 });
  expect(curveFacts([null])).toEqual({ last: null, min: null, max: null });
});

it("never gives an axis without height", () => {
  expect([axisTop(null), axisTop(0), axisTop(10)]).toEqual([1, 1, 11]);
});

it("shifts points and fills with gaps", () => {
  expect(alignValues([1, 2, 3], 1, 3)).toEqual([2, 3, null]);
  expect(alignValues([1, 2, 3], -1, 3)).toEqual([null, 1, 2]);
});
