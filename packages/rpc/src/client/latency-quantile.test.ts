import { expect, it } from "vitest";
import { LatencyQuantile } from "./latency-quantile.js";

it("knows nothing of a handful of calls", () => {
  const latency = new LatencyQuantile();
  for (let n = 0; n < 19; n++) latency.note(5);
  expect(latency.p95Ms()).toBeUndefined();
  latency.note(5);
  expect(latency.p95Ms()).toBeGreaterThanOrEqual(5);
});

it("gives a time that 95 of 100 calls don't exceed, a fifth too long at most, and follows changes", () => {
  const latency = new LatencyQuantile();
  for (let n = 0; n < 1_000; n++) latency.note(n % 20 === 0 ? 500 : 10);
  expect(latency.p95Ms()).toBeGreaterThanOrEqual(10);
  expect(latency.p95Ms()).toBeLessThan(12);
  for (let n = 0; n < 20_000; n++) latency.note(100);
  expect(latency.p95Ms()).toBeGreaterThanOrEqual(100);
  expect(latency.p95Ms()).toBeLessThan(120);
});

it("takes the odd values of clocks", () => {
  const latency = new LatencyQuantile();
  for (let n = 0; n < 30; n++) latency.note(n % 2 === 0 ? 0 : 1e9);
  expect(latency.p95Ms()).toBeGreaterThan(10_000);
});
