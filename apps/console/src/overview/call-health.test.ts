import { describe, expect, it } from "vitest";
import { failureRatio, joinHealth } from "./call-health.js";
import { overallHealth } from "./overview-service.js";

const rates = (callsPerSec: number, failuresPerSec: number) => ({ callsPerSec, failuresPerSec, p99Ms: null });
const well = { health: "well", text: "2 of 2 instances in traffic serve" } as const;
const degraded = { health: "degraded", text: "1 of 2 instances in traffic do not serve" } as const;

describe("joinHealth", () => {
  it.each([
    { name: "calls that go well", from: well, calls: rates(10, 0), want: well },
    { name: "few failures", from: well, calls: rates(10, 2 / 60), want: well },
    { name: "few among many", from: well, calls: rates(1_000, 9), want: well },
    {
      name: "1 %",
      from: well,
      calls: rates(100, 1),
      want: { health: "degraded", text: "1 % of the calls of the last minute failed" },
    },
    {
      name: "a fifth",
      from: well,
      calls: rates(5, 1),
      want: { health: "failing", text: "20 % of the calls of the last minute failed" },
    },
    {
      name: "both",
      from: degraded,
      calls: rates(5, 2),
      want: { health: "failing", text: `${degraded.text}; 40 % of the calls of the last minute failed` },
    },
    { name: "instances alone", from: degraded, calls: rates(0, 0), want: degraded },
    {
      name: "a service without known instances",
      from: { health: "unknown", text: "no instance is in traffic" } as const,
      calls: rates(5, 5),
      want: { health: "failing", text: "100 % of the calls of the last minute failed" },
    },
  ])("judges $name", ({ from, calls, want }) => {
    expect(joinHealth(from, calls)).toEqual(want);
  });

  it("never has a ratio above 1 or of nothing", () => {
    expect([failureRatio(rates(1, 2)), failureRatio(rates(0, 1))]).toEqual([1, 0]);
  });
});

describe("overallHealth", () => {
  const service = (name: string, health: "well" | "degraded" | "failing" | "unknown") => ({ service: name, health });
  it.each([
    { services: [], away: [], want: { health: "unknown", text: "no service is in traffic yet" } },
    {
      services: [service("A.a", "well"), service("A.b", "unknown")],
      away: [],
      want: { health: "well", text: "all well" },
    },
    { services: [service("A.a", "well")], away: ["m1"], want: { health: "degraded", text: "machines away: m1" } },
    {
      services: ["a", "b", "c", "d", "e"].map((each) => service(`A.${each}`, each === "e" ? "degraded" : "failing")),
      away: [],
      want: { health: "failing", text: "failing: A.a, A.b, A.c and 1 more; degraded: A.e" },
    },
  ])("is $want.health: $want.text", ({ services, away, want }) => {
    expect(overallHealth(services, away)).toEqual(want);
  });
});
