import type { Clock } from "@msec/core";
import type { LogEvent } from "@msec/protocol";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { LogFilter } from "./log-filter-sql.js";
import type { LogStore } from "./log-store.js";

const START_MS = 1_700_000_000_000;
const service = "Flight.mod_flight";
const one = { sourceId: "m-1", address: "127.0.0.2" };
const two = { sourceId: "m-2", address: "127.0.0.3" };

export interface LogStoreSetup {
  /** Opens the store; a second time with what it had, if it can keep it. */
  readonly open: (clock: Clock) => Promise<LogStore>;
  readonly isLasting: boolean;
}

export function logStoreContract({ open, isLasting }: LogStoreSetup): void {
  let nowMs = START_MS;
  let store: LogStore;
  const clock = { nowMs: () => nowMs, monotonicMs: () => nowMs, sleep: async () => undefined };
  const line = (body: string, atMs = START_MS, headers: Record<string, string> = {}): LogEvent => ({
    atMs,
    headers: { ServiceName: service, ReqID: "7", Level: "INFO", RPCName: "Query", Caller: "Web.entry", ...headers },
    body,
  });
  const hop = (atMs: number, headers: Record<string, string> = {}): LogEvent =>
    line("hop", atMs, { Kind: "hop", SpanID: "e1", StartMs: String(atMs), CostUs: "1500", Err: "0", ...headers });
  const range = { fromMs: START_MS - 3_600_000, toMs: START_MS + 3_600_000 };
  const bodies = async (filter: Partial<LogFilter> = {}): Promise<string[]> => {
    const { records } = await store.read.search({ ...range, ...filter }, { limit: 1_000 });
    return records.map((record) => (record.body === "hop" ? record.rpcName : record.body));
  };
  /** Bodies page by page. */
  const pages = async (filter: Partial<LogFilter>, limit: number): Promise<string[][]> => {
    const found: string[][] = [];
    let before: string | undefined;
    do {
      const page = await store.read.search({ ...range, ...filter }, { limit, before });
      found.push(page.records.map((record) => record.recordId));
      before = page.next;
    } while (before !== undefined);
    return found;
  };
  beforeEach(async () => {
    nowMs = START_MS;
    store = await open(clock);
  });
  afterEach(() => store.close());

  describe("batches", () => {
    it("are stored once, however often they come, also when ids begin again", async () => {
      for (let time = 0; time < 3; time += 1) await store.append(one, 50, [line("a")]);
      await store.append(two, 50, [line("b")]);
      await store.append(one, 2, [line("c")]);
      await store.append(one, 2, [line("c")]);
      expect(await bodies()).toEqual(["c", "b", "a"]);
    });

    it("may be empty, and keep every field", async () => {
      await store.append(one, 1, []);
      await store.append(one, 2, [
        line('it\'s "quoted" 中文 \u0000.', START_MS, { uin: "42", Coloring: "1", IP: "9.9.9.9" }),
      ]);
      const { records } = await store.read.search(range, { limit: 10 });
      expect(records).toEqual([
        {
          recordId: "r1",
          atMs: START_MS,
          level: "INFO",
          service,
          machine: "127.0.0.2",
          requestId: "7",
          rpcName: "Query",
          caller: "Web.entry",
          body: 'it\'s "quoted" 中文 \u2400.',
          fields: { uin: "42", Coloring: "1" },
        },
      ]);
    });
  });

  it("takes a record of the future as of now", async () => {
    const stamp = String(START_MS + 86_400_000);
    await store.append(one, 1, [line("ahead", START_MS + 86_400_000, { InsTime: stamp })]);
    const { records } = await store.read.search(range, { limit: 1 });
    expect(records).toMatchObject([{ atMs: START_MS, fields: { InsTime: stamp } }]);
  });

  describe("search", () => {
    beforeEach(async () => {
      await store.append(one, 1, [
        line("order placed", START_MS, { Level: "DEBUG" }),
        line("Order failed: 100% sure", START_MS + 1, { Level: "ERROR", ReqID: "8" }),
        line("other service", START_MS + 2, { ServiceName: "VOA.Crawl" }),
        hop(START_MS + 3, { RPCName: "QueryFlight" }),
      ]);
      await store.append(two, 1, [line("on the other machine", START_MS + 4, { Level: "FATAL" })]);
    });

    it.each<{ name: string; filter: Partial<LogFilter>; want: string[] }>([
      {
        name: "nothing",
        filter: {},
        want: ["on the other machine", "other service", "Order failed: 100% sure", "order placed"],
      },
      { name: "a service", filter: { service: "VOA.Crawl" }, want: ["other service"] },
      {
        name: "a level and above",
        filter: { level: "ERROR" },
        want: ["on the other machine", "Order failed: 100% sure"],
      },
      { name: "a request", filter: { requestId: "8" }, want: ["Order failed: 100% sure"] },
      { name: "a request and a service", filter: { requestId: "8", service: "VOA.Crawl" }, want: [] },
      { name: "a machine", filter: { machine: "127.0.0.3" }, want: ["on the other machine"] },
      { name: "a text of any case", filter: { text: "ORDER" }, want: ["Order failed: 100% sure", "order placed"] },
      { name: "a text with a wildcard in it", filter: { text: "0% s" }, want: ["Order failed: 100% sure"] },
      { name: "a text that is a wildcard only", filter: { text: "_" }, want: [] },
      {
        name: "a time",
        filter: { fromMs: START_MS + 1, toMs: START_MS + 3 },
        want: ["other service", "Order failed: 100% sure"],
      },
      {
        name: "hops too",
        filter: { hops: true, fromMs: START_MS + 2 },
        want: ["on the other machine", "QueryFlight", "other service"],
      },
      { name: "hops by their method", filter: { hops: true, text: "queryfl" }, want: ["QueryFlight"] },
      { name: "no hops above their level", filter: { hops: true, level: "FATAL" }, want: ["on the other machine"] },
    ])("filters by $name", async ({ filter, want }) => {
      expect(await bodies(filter)).toEqual(want);
      const { counts } = await store.read.histogram({ ...range, ...filter });
      expect(counts.reduce((sum, count) => sum + count, 0)).toBe(want.length);
      expect(counts.length).toBeLessThanOrEqual(60);
    });

    it("refuses what is no cursor", async () => {
      const search = store.read.search(range, { limit: 1, before: "x' or 1" });
      await expect(search).rejects.toMatchObject({ reason: "LOG_CURSOR_INVALID" });
    });
  });

  describe("pages", () => {
    it("neither repeat nor miss a record, also of the same millisecond and of both tables", async () => {
      const events = Array.from({ length: 30 }, (_, index) =>
        index % 3 === 0 ? hop(START_MS + (index >> 3)) : line(`${index}`, START_MS + (index >> 3)),
      );
      await store.append(one, 1, events);
      const all = (await store.read.search({ ...range, hops: true }, { limit: 1_000 })).records.map((r) => r.recordId);
      expect(new Set(all).size).toBe(30);
      for (const limit of [1, 4, 7, 30]) expect((await pages({ hops: true }, limit)).flat()).toEqual(all);
    });

    it("do not move when new records arrive", async () => {
      await store.append(
        one,
        1,
        Array.from({ length: 6 }, (_, index) => line(`${index}`, START_MS + index)),
      );
      const first = await store.read.search(range, { limit: 3 });
      await store.append(one, 2, [line("new", START_MS + 100)]);
      const second = await store.read.search(range, { limit: 3, before: first.next });
      expect([...first.records, ...second.records].map((record) => record.body)).toEqual([
        "5",
        "4",
        "3",
        "2",
        "1",
        "0",
      ]);
      expect(second.next).toBeUndefined();
    });
  });

  describe("many records", () => {
    it("are searched in parts, whole in the end", async () => {
      for (let batch = 0; batch < 100; batch += 1) {
        const text = (index: number): string => (batch === 0 && index < 3 ? `needle ${index}` : "hay");
        await store.append(
          one,
          batch,
          Array.from({ length: 1_000 }, (_, index) => line(text(index), START_MS + batch * 10)),
        );
      }
      expect((await pages({ text: "needle" }, 2)).map((page) => page.length)).toEqual([2, 1]);
      const { counts } = await store.read.histogram({ fromMs: START_MS, toMs: START_MS + 1_000, service });
      expect(counts.reduce((sum, count) => sum + count, 0)).toBe(100_000);
    }, 60_000);
  });

  describe("requests", () => {
    it("are read with hops and lines, oldest first", async () => {
      const calls = '[{"t":"VOA.Crawl","m":"get","a":"127.0.0.3:1","n":1,"s":7,"c":1500,"e":0,"r":"","i":"c1"}]';
      await store.append(one, 1, [
        line("second", START_MS + 1),
        line("first"),
        hop(START_MS + 2, { Calls: calls, Address: "127.0.0.2:1" }),
      ]);
      await store.append(one, 2, [line("other", START_MS, { ReqID: "9" })]);
      const { hops, records } = await store.read.request("7");
      expect(records.map((record) => record.body)).toEqual(["first", "second"]);
      expect(hops).toMatchObject([
        { spanId: "e1", costMs: 1.5, address: "127.0.0.2:1", calls: [{ spanId: "c1", costMs: 1.5 }] },
      ]);
    });

    it("of a service are listed newest first, all or the failed ones", async () => {
      await store.append(one, 1, [
        hop(START_MS, { ReqID: "1" }),
        hop(START_MS + 1, { ReqID: "2", Err: "-10", Reason: "RPC_TIMEOUT" }),
        hop(START_MS + 2, { ReqID: "3", ServiceName: "VOA.Crawl", Err: "-1" }),
        hop(START_MS + 3, { ReqID: "4" }),
      ]);
      const list = async (failedOnly: boolean, limit = 10) =>
        (await store.read.requests({ service, failedOnly, limit, ...range })).map((each) => each.requestId);
      expect(await list(false)).toEqual(["4", "2", "1"]);
      expect(await list(false, 1)).toEqual(["4"]);
      expect(await list(true)).toEqual(["2"]);
    });
  });

  describe("retention", () => {
    it("removes what is too old, lines and hops", async () => {
      await store.append(one, 1, [line("old"), hop(START_MS)]);
      nowMs = START_MS + 86_400_000;
      await store.append(one, 2, [line("young", nowMs)]);
      nowMs = START_MS + 3 * 86_400_000 + 1;
      await store.prune();
      const everything = { fromMs: 0, toMs: nowMs, hops: true };
      expect((await store.read.search(everything, { limit: 10 })).records.map((each) => each.body)).toEqual(["young"]);
      expect(store.removedForSize).toBe(0);
    });

    it("removes the oldest when there is too much, counted", async () => {
      for (let batch = 0; batch < 8; batch += 1) {
        const events = Array.from({ length: 1_000 }, (_, index) =>
          line("x".repeat(500), START_MS + batch * 1_000 + index),
        );
        await store.append(one, batch, events);
      }
      await store.prune();
      expect(store.removedForSize).toBeGreaterThan(0);
      const rest = await store.read.search(range, { limit: 10_000 });
      expect(rest.records).toHaveLength(8_000 - store.removedForSize);
      expect(rest.records[0]?.atMs).toBe(START_MS + 7_999);
    }, 30_000);
  });

  if (isLasting) {
    it("keeps records and batches over a restart", async () => {
      await store.append(one, 1, [line("kept")]);
      await store.close();
      store = await open(clock);
      await store.append(one, 1, [line("kept")]);
      expect(await bodies()).toEqual(["kept"]);
    });
  }
}
