import type { ServiceEntry, ServiceInstance } from "@msec/naming";
import { describe, expect, it } from "vitest";
import { tableListOf } from "./table-list.js";

const instance = (host: string, port: number, more: Partial<ServiceInstance> = {}): ServiceInstance => ({
  ...{ host, port, transport: "tcp", weight: 100, zone: "", rack: "", set: "" },
  ...more,
});
const entry = (instances: readonly ServiceInstance[], more: Partial<ServiceEntry> = {}): ServiceEntry => ({
  ...{
    service: "A1.B1",
    policy: "adaptive",
    check: "none",
    locality: "none",
    partition: false,
    revision: 1,
    instances,
  },
  ...more,
});

describe("rows of the original tables", () => {
  it("are machines: instances of one share a row and weigh together", () => {
    const { servers } = tableListOf(
      entry([instance("10.0.0.1", 80), instance("10.0.0.1", 81), instance("10.0.0.2", 80)]),
      "",
    );
    expect(servers).toEqual([
      { host: "10.0.0.1", ports: [80, 81], transport: "tcp", weight: 200 },
      { host: "10.0.0.2", ports: [80], transport: "tcp", weight: 100 },
    ]);
  });

  it("have eight ports at most, and alike instances only", () => {
    const many = Array.from({ length: 10 }, (_, n) => instance("10.0.0.1", 80 + n));
    const { servers } = tableListOf(entry([...many, instance("10.0.0.1", 99, { transport: "udp" })]), "");
    expect(servers.map(({ ports, transport, weight }) => [ports.length, transport, weight])).toEqual([
      [8, "tcp", 800],
      [2, "tcp", 200],
      [1, "udp", 100],
    ]);
  });

  it.each([
    { name: "small ones grow", weights: [1, 3], want: [100, 300] },
    { name: "as far as the largest may", weights: [1, 1_000], want: [10, 10_000] },
    { name: "usual ones stay", weights: [100, 10_000], want: [100, 10_000] },
    { name: "large ones are cut off", weights: [9_000, 100], want: [9_000, 100] },
  ])("keep the proportions of weights: $name", ({ weights, want }) => {
    const instances = weights.map((weight, n) => instance(`10.0.0.${n + 1}`, 80, { weight }));
    expect(tableListOf(entry(instances), "").servers.map(({ weight }) => weight)).toEqual(want);
  });

  it("hold IPv4 only, and of a partitioned service the own set", () => {
    const instances = [
      instance("10.0.0.1", 80, { set: "a" }),
      instance("10.0.0.2", 80),
      instance("fd00::1", 80, { set: "a" }),
    ];
    expect(tableListOf(entry(instances), "").servers).toHaveLength(2);
    const own = tableListOf(entry(instances, { partition: true }), "a").servers;
    expect(own.map(({ host }) => host)).toEqual(["10.0.0.1"]);
  });

  it("take policies that the archived system does not know as standard", () => {
    expect(tableListOf(entry([]), "").policy).toBe("standard");
    expect(tableListOf(entry([], { policy: "consistent hash" }), "").policy).toBe("consistent hash");
    expect(tableListOf(entry([], { tuning: { shaping_request_min: 3 } }), "").tuning).toEqual({
      shaping_request_min: 3,
    });
  });
});
