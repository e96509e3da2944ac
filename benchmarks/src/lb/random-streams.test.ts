import { expect, it } from "vitest";
import { exponential, lognormal, randomStream } from "./random-streams.js";

const take = (count: number, next: () => number): number[] => Array.from({ length: count }, next);
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

it("gives each purpose its own numbers, the same ones for the same seed", () => {
  const first = take(50, randomStream(7, "work"));
  expect(take(50, randomStream(7, "work"))).toEqual(first);
  expect(take(50, randomStream(7, "faults"))).not.toEqual(first);
  expect(take(50, randomStream(8, "work"))).not.toEqual(first);
  expect(first.every((value) => value >= 0 && value < 1)).toBe(true);
});

it("is uniform, and two purposes know nothing of each other", () => {
  const one = take(100_000, randomStream(3, "machine", 0));
  const other = take(100_000, randomStream(3, "machine", 1));
  expect(mean(one)).toBeCloseTo(0.5, 2);
  const product = mean(one.map((value, i) => (value - 0.5) * (other[i]! - 0.5)));
  expect(Math.abs(product * 12)).toBeLessThan(0.015); // correlation; its standard error is 0.003
});

it("has the moments that the distributions promise", () => {
  const random = randomStream(5, "moments");
  expect(mean(take(200_000, () => exponential(random)))).toBeCloseTo(1, 1.7);
  const sigma = 0.6;
  const values = take(200_000, () => lognormal(random, sigma));
  expect(mean(values)).toBeCloseTo(1, 1.7);
  expect(mean(values.map((value) => value * value)) / Math.exp(sigma * sigma)).toBeCloseTo(1, 1.4);
});
