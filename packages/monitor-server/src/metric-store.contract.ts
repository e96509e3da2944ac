import type { Clock } from "@msec/core";
import type { MetricPoint } from "@msec/protocol";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { COST_ATTRIBUTES, REQUESTS, REQUESTS_FAILED } from "./call-curves.js";
import type { MetricStore } from "./metric-store.js";

const HOUR_SEC = 3_600;
/** A full hour. */
const START_SEC = 472_222 * HOUR_SEC;
const service = "Flight.mod_flight";
const one = { sourceId: "m-1", address: "127.0.0.2" };
const two = { sourceId: "m-2", address: "127.0.0.3" };

export interface MetricStoreSetup {
  /** Opens the store; a second time with what it had, if it can keep it. */
  readonly open: (clock: Clock) => Promise<MetricStore>;
  readonly isLasting: boolean;
}

export function metricStoreContract({ open, isLasting }: MetricStoreSetup): void {
  let nowMs: number;
  let store: MetricStore;
  const clock = { nowMs: () => nowMs, monotonicMs: () => nowMs, sleep: async () => undefined };
  const point = (attribute: string, value: number, rest: Partial<MetricPoint> = {}): MetricPoint => ({
    ...{ service, attribute, kind: "add", atSec: START_SEC, value },
    ...rest,
  });
  const range = (fromSec: number, toSec: number) => ({
    service,
    fromMs: (START_SEC + fromSec) * 1_000,
    toMs: (START_SEC + toSec) * 1_000,
  });
  const sumOf = async (attribute: string, fromSec = 0, toSec = 60): Promise<(number | null)[]> => {
    const { series } = await store.read.series({ ...range(fromSec, toSec), attribute, by: "sum", stepMs: 60_000 });
    return series[0]?.values ?? [];
  };
  beforeEach(async () => {
    nowMs = START_SEC * 1_000;
    store = await open(clock);
    nowMs += 120_000;
  });
  afterEach(() => store.close());

  describe("batches", () => {
    it("are stored once, however often they come", async () => {
      for (let time = 0; time < 3; time += 1) await store.ingest(one, 8, [point("usr.n", 5)]);
      await store.ingest(one, 9, [point("usr.n", 1)]);
      await store.ingest(two, 8, [point("usr.n", 10)]);
      expect(await sumOf("usr.n")).toEqual([16]);
    });

    it("may begin again at a lower id", async () => {
      await store.ingest(one, 1_000, [point("usr.n", 5)]);
      await store.ingest(one, 3, [point("usr.n", 2)]);
      await store.ingest(one, 3, [point("usr.n", 2)]);
      expect(await sumOf("usr.n")).toEqual([7]);
    });

    it("are known for long enough, also among many", async () => {
      for (let id = 1; id <= 200; id += 1) await store.ingest(one, id, [point("usr.n", 1)]);
      await store.ingest(one, 200, [point("usr.n", 1)]);
      expect(await sumOf("usr.n")).toEqual([200]);
    });

    it("that fail leave nothing behind, no name and no number", async () => {
      const broken = [point("usr.new", 1), point("usr.bad", null as unknown as number)];
      await expect(store.ingest(one, 1, broken)).rejects.toThrow();
      expect(await store.read.attributes(range(0, 60))).toEqual([]);
      await store.ingest(one, 1, [point("usr.other", 2), point("usr.new", 5)]);
      expect([await sumOf("usr.new"), await sumOf("usr.other")]).toEqual([[5], [2]]);
    });

    it("may come at the same time", async () => {
      const batches = Array.from({ length: 20 }, (_, id) => store.ingest(id % 2 ? one : two, id, [point("usr.n", 1)]));
      await Promise.all(batches);
      expect(await sumOf("usr.n")).toEqual([20]);
    });
  });

  describe("series", () => {
    it("sum counters over machines and take the last value of gauges of each machine", async () => {
      const gauge = (value: number, atSec: number) => point("usr.depth", value, { kind: "set", atSec });
      await store.ingest(one, 1, [gauge(7, START_SEC), gauge(3, START_SEC + 59)]);
      await store.ingest(one, 2, [gauge(99, START_SEC + 20)]);
      await store.ingest(two, 1, [
        gauge(4, START_SEC + 1),
        point("usr.n", 2),
        point("usr.n", 3, { atSec: START_SEC + 59 }),
      ]);
      expect(await sumOf("usr.depth")).toEqual([7]);
      expect(await sumOf("usr.n")).toEqual([5]);
    });

    it("have nulls where nothing was reported, and one curve per machine", async () => {
      await store.ingest(one, 1, [point("usr.n", 1), point("usr.n", 2, { atSec: START_SEC + 125 })]);
      await store.ingest(two, 1, [point("usr.n", 4, { atSec: START_SEC + 61 })]);
      const answer = await store.read.series({ ...range(0, 180), attribute: "usr.n", by: "machine", stepMs: 60_000 });
      expect(answer.series).toEqual([
        { attribute: "usr.n", machine: "127.0.0.2", values: [1, null, 2] },
        { attribute: "usr.n", machine: "127.0.0.3", values: [null, 4, null] },
      ]);
      expect(await sumOf("usr.n", 0, 180)).toEqual([1, 4, 2]);
      expect(await sumOf("usr.other", 0, 180)).toEqual([]);
    });

    it("have steps of 5 s while they are young", async () => {
      await store.ingest(one, 1, [point("usr.n", 1), point("usr.n", 2, { atSec: START_SEC + 7 })]);
      const live = await store.read.series({ ...range(0, 15), attribute: "usr.n", by: "sum" });
      expect(live).toEqual({
        fromMs: START_SEC * 1_000,
        stepMs: 5_000,
        series: [{ attribute: "usr.n", machine: "", values: [1, 2, null] }],
      });
      nowMs = (START_SEC + 905) * 1_000;
      expect(await store.read.series({ ...range(0, 900), attribute: "usr.n", by: "sum" })).toMatchObject({
        stepMs: 5_000,
      });
      nowMs += 3_600_000;
      const old = await store.read.series({ ...range(0, 15), attribute: "usr.n", by: "sum" });
      expect(old).toMatchObject({ stepMs: 60_000, series: [{ values: [3] }] });
    });
  });

  describe("attributes", () => {
    it("lists what was reported in the range, with sum, machines and sparkline", async () => {
      await store.ingest(one, 1, [
        point("usr.order", 1),
        point("usr.depth", 9, { kind: "set", atSec: START_SEC + 70 }),
      ]);
      await store.ingest(two, 1, [
        point("usr.order", 2, { atSec: START_SEC + 61 }),
        point("usr.depth", 1, { kind: "set" }),
      ]);
      const all = await store.read.attributes(range(0, 120));
      expect(all).toEqual([
        {
          attribute: "usr.depth",
          sum: 10,
          lastAtMs: (START_SEC + 70) * 1_000,
          machines: ["127.0.0.2", "127.0.0.3"],
          sparkline: [1, 9],
        },
        {
          attribute: "usr.order",
          sum: 3,
          lastAtMs: (START_SEC + 61) * 1_000,
          machines: ["127.0.0.2", "127.0.0.3"],
          sparkline: [1, 2],
        },
      ]);
      const names = (await store.read.attributes({ ...range(0, 60), match: "ORDER" })).map((each) => each.attribute);
      expect(names).toEqual(["usr.order"]);
      expect(await store.read.attributes(range(-600, 0))).toEqual([]);
    });
  });

  describe("calls", () => {
    const requests = (atSec: number, count: number) => [
      point(REQUESTS, count, { atSec }),
      point(REQUESTS_FAILED, 1, { atSec }),
      point(COST_ATTRIBUTES[0] ?? "", count, { atSec }),
    ];

    it("gives curves of the whole and of each machine", async () => {
      await store.ingest(one, 1, requests(START_SEC, 30));
      await store.ingest(two, 1, requests(START_SEC + 30, 90));
      const [sum] = await store.read.calls({ ...range(0, 60), by: "sum", stepMs: 60_000 });
      expect(sum).toMatchObject({ machine: "", callsPerSec: [2], p50Ms: [0.05] });
      expect(sum?.failuresPerSec[0]).toBeCloseTo(2 / 60);
      const machines = await store.read.calls({ ...range(0, 60), by: "machine", stepMs: 60_000 });
      expect(machines.map((each) => [each.machine, each.callsPerSec])).toEqual([
        ["127.0.0.2", [0.5]],
        ["127.0.0.3", [1.5]],
      ]);
    });

    it("counts a step that is not over by the seconds that are", async () => {
      nowMs = (START_SEC + 33) * 1_000;
      await store.ingest(one, 1, requests(START_SEC + 10, 60));
      const [sum] = await store.read.calls({ ...range(0, 120), by: "sum", stepMs: 60_000 });
      expect(sum?.callsPerSec).toEqual([2, null]);
    });

    it("tells the rates of the last minute", async () => {
      await store.ingest(one, 1, requests(START_SEC + 100, 120));
      expect(store.read.lastMinute(service)).toEqual({ callsPerSec: 2, failuresPerSec: 1 / 60, p99Ms: 0.099 });
      expect(store.read.lastMinute("No.such")).toEqual({ callsPerSec: 0, failuresPerSec: 0, p99Ms: null });
    });
  });

  describe("limits", () => {
    it("take points of the last day and drop others, counted", async () => {
      const at = (atSec: number) => point("usr.n", 1, { atSec });
      const nowSec = START_SEC + 120;
      await store.ingest(one, 1, [at(nowSec - 86_400), at(nowSec - 86_401), at(nowSec + 600), at(nowSec + 601)]);
      expect(store.dropped).toEqual({ overflow: 0, untimely: 2 });
      const [attribute] = await store.read.attributes(range(-90_000, 3_600));
      expect(attribute?.sum).toBe(2);
    });

    it("drop points of one attribute too many, counted, and keep those of known ones", async () => {
      const many = Array.from({ length: 12 }, (_, index) => point(`usr.${index}`, 1));
      await store.ingest(one, 1, many);
      await store.ingest(one, 2, [point("usr.0", 1), point("usr.99", 1), point("x".repeat(129), 1)]);
      expect(store.dropped.overflow).toBe(4);
      expect(await sumOf("usr.0")).toEqual([2]);
      expect(await store.read.attributes(range(0, 60))).toHaveLength(10);
    });
  });

  describe("hours", () => {
    it("are packed when they are over, with the same answers, and take late points", async () => {
      const points = Array.from({ length: 120 }, (_, minute) =>
        point("usr.n", minute, { atSec: START_SEC + minute * 60 }),
      );
      const gauges = points.map((each) => ({ ...each, attribute: "usr.depth", kind: "set" as const }));
      nowMs = (START_SEC + 2 * HOUR_SEC) * 1_000;
      await store.ingest(one, 1, [...points, ...gauges]);
      const before = [await sumOf("usr.n", 0, 2 * HOUR_SEC), await store.read.attributes(range(0, 2 * HOUR_SEC))];
      nowMs += 3 * HOUR_SEC * 1_000;
      await store.prune();
      await store.prune();
      expect([await sumOf("usr.n", 0, 2 * HOUR_SEC), await store.read.attributes(range(0, 2 * HOUR_SEC))]).toEqual(
        before,
      );
      expect(await sumOf("usr.n", 59 * 60, 61 * 60)).toEqual([59, 60]);

      await store.ingest(one, 2, [point("usr.n", 1_000, { atSec: START_SEC + 60 })]);
      expect(await sumOf("usr.n", 60, 120)).toEqual([1_001]);
      nowMs += HOUR_SEC * 1_000;
      await store.prune();
      expect(await sumOf("usr.n", 0, 180)).toEqual([0, 1_001, 2]);
      const long = await store.read.attributes(range(-86_400, 2 * 86_400));
      expect(long.map((each) => [each.attribute, each.sum])).toEqual([
        ["usr.depth", 119],
        ["usr.n", 7_140 + 1_000],
      ]);
    });

    it("are removed after the retention, and their series with them", async () => {
      await store.ingest(one, 1, [point("usr.n", 1)]);
      nowMs += 86_400_000;
      await store.prune();
      expect(await store.read.attributes(range(0, 60))).toHaveLength(1);
      nowMs += 3 * 86_400_000;
      await store.prune();
      expect(await store.read.attributes(range(0, 60))).toEqual([]);
      await store.ingest(one, 2, [point("usr.n", 4, { atSec: Math.floor(nowMs / 1_000) })]);
      const fromMs = nowMs - 60_000;
      expect(await store.read.attributes({ service, fromMs, toMs: nowMs + 60_000 })).toMatchObject([{ sum: 4 }]);
    });
  });

  if (isLasting) {
    it("keeps values, batches and names over a restart", async () => {
      await store.ingest(one, 1, [point("usr.n", 5)]);
      await store.close();
      store = await open(clock);
      await store.ingest(one, 1, [point("usr.n", 5)]);
      await store.ingest(one, 2, [point("usr.n", 1)]);
      expect(await sumOf("usr.n")).toEqual([6]);
      // The live window began with this opening: younger ranges come from stored minutes.
      const { stepMs } = await store.read.series({ ...range(0, 60), attribute: "usr.n", by: "sum" });
      expect(stepMs).toBe(60_000);
    });
  }
}
