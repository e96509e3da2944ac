import { describe, expect, it } from "vitest";
import { HopBatchInvalid } from "../errors.js";
import { type HopCallFacts, type HopFacts, hopFrameCount, MAX_HOP_CALLS } from "./hop-batch.js";
import { decodeHopBatch } from "./hop-batch-reader.js";
import { HopBatchWriter } from "./hop-batch-writer.js";
import { decodeLogEvent } from "./log-event.js";
import { LogEventReader } from "./log-event-reader.js";

const call: HopCallFacts = {
  ...{
    spanIdHigh: 0x11,
    spanIdLow: 0xffff_ffff,
    target: "VOA.Crawl",
    method: "crawl.Crawl.Get",
    address: "127.0.0.3:80",
  },
  ...{ attempt: 1, startedMs: 1_000.5, costMs: 1.2345, err: -11, reason: "NET_REFUSED" },
};
const request: HopFacts = {
  ...{ flowIdHigh: 0xffff_ffff, flowIdLow: 0xffff_fffe, spanIdHigh: 0x0123_4567, spanIdLow: 0x89ab_cdef },
  ...{ parentSpanIdHigh: 0, parentSpanIdLow: 0, service: "Flight.query", method: "flight.FlightService.QueryFlight" },
  ...{ caller: "Web.front", protocol: "srpc", coloring: false, attempt: 0 },
  ...{ clientAddress: "127.0.0.1:5000", serverAddress: "127.0.0.2:7963", startedMs: 1_000, costMs: 12.3456 },
  ...{ err: 0, reason: "", calls: [] },
};
const clock = { nowMs: () => 1_700_000_002_000, monotonicMs: () => 2_000, sleep: () => Promise.resolve() };

/** The batch as it lies in its frame. */
function pack(hops: readonly HopFacts[]): Uint8Array {
  const writer = new HopBatchWriter(clock);
  for (const hop of hops) writer.append(hop);
  const frame = writer.seal();
  expect(hopFrameCount(frame)).toBe(hops.length);
  return decodeLogEvent(frame, 4).hops!;
}

describe("a batch of hop records", () => {
  it("carries each field of a request", () => {
    const { startedMs: _, costMs: __, ...same } = request;
    expect(decodeHopBatch(pack([request]))).toEqual([
      { ...same, priority: 64, startedAtUs: 1_700_000_001_000_000, costUs: 12_346, queueUs: 0 },
    ]);
  });

  it("carries errors, attempts, queue time, priority, colour and protocol", () => {
    const told = { err: -106, reason: "RPC_OVERLOADED", attempt: 3, arrivedMs: 997.5, priority: 127, coloring: true };
    const [hop] = decodeHopBatch(pack([{ ...request, ...told, protocol: "http" }]));
    expect(hop).toMatchObject({
      ...{ err: -106, reason: "RPC_OVERLOADED", attempt: 3, queueUs: 2_500, priority: 127, coloring: true },
      protocol: "http",
    });
  });

  it("carries calls, at most 32", () => {
    const [hop] = decodeHopBatch(pack([{ ...request, calls: Array(40).fill(call) }]));
    const { startedMs: _, costMs: __, ...same } = call;
    expect(hop!.calls).toHaveLength(MAX_HOP_CALLS);
    expect(hop!.calls[31]).toEqual({ ...same, startedAtUs: 1_700_000_001_000_500, costUs: 1_235 });
  });

  it("carries why an instance was taken, of coloured requests only", () => {
    const chosen = { ...call, attempt: 70_000, choice: "best of 2: 127.0.0.3:80 costs 1.0 ms" };
    const hops = decodeHopBatch(
      pack([true, false].map((coloring) => ({ ...request, coloring, calls: [chosen, call] }))),
    );
    expect(hops.map(({ calls }) => calls.map(({ choice }) => choice))).toEqual([
      [chosen.choice, undefined],
      [undefined, undefined],
    ]);
    expect(hops[0]!.calls.map(({ attempt }) => attempt)).toEqual([65_535, 1]);
  });

  it("keeps records of requests that began long before the batch", () => {
    const late = { ...request, startedMs: 1_012, costMs: 0 };
    const hops = decodeHopBatch(pack([late, { ...request, startedMs: -3_000_000, costMs: 3_001_013 }]));
    expect(hops.map((hop) => hop.startedAtUs)).toEqual([1_700_000_001_012_000, 1_699_997_000_000_000]);
  });

  it("starts anew after each batch", () => {
    const writer = new HopBatchWriter(clock);
    for (const caller of ["one", "two", "one"]) {
      writer.append({ ...request, caller });
      expect(decodeHopBatch(decodeLogEvent(writer.seal(), 4).hops!)).toMatchObject([
        { caller, method: request.method },
      ]);
      expect(writer.count).toBe(0);
    }
  });

  it("stays below 64 KiB whatever the texts are, and loses only texts", () => {
    const writer = new HopBatchWriter(clock);
    let records = 0;
    while (!writer.isFull) {
      const text = (name: string): string => `${name} ${records} ${"中".repeat(2_000)}`;
      const calls = Array.from({ length: 32 }, (_, index) => ({
        ...call,
        target: text(`t${index}`),
        method: text(`m${index}`),
      }));
      writer.append({ ...request, caller: text("caller"), calls });
      records++;
    }
    const frame = writer.seal();
    expect(frame.length).toBeLessThan(64 << 10);
    const hops = decodeHopBatch(decodeLogEvent(frame, 4).hops!);
    expect(hops).toHaveLength(records);
    expect(hops[0]!.caller).toHaveLength(512);
    expect(hops[0]!.calls[31]!.target).toBe("");
  });

  it("comes out of a stream among other events; a reader that does not know it would find an event without a body", () => {
    const writer = new HopBatchWriter(clock);
    writer.append(request);
    const reader = new LogEventReader(64 << 10);
    reader.push(writer.seal());
    expect(decodeHopBatch(reader.next()!.hops!)).toHaveLength(1);
    expect(reader.next()).toBeUndefined();
  });

  const valid = pack([{ ...request, calls: [call] }]);
  const changed = (offset: number, value: number): Uint8Array => {
    const bytes = valid.slice();
    new DataView(bytes.buffer).setUint32(offset, value, true);
    return bytes;
  };
  it.each([
    { name: "nothing", input: new Uint8Array(0), problem: "inside its head" },
    { name: "another layout", input: changed(0, 0x32504f48), problem: "HOP1" },
    { name: "more records than words", input: changed(4, 2), problem: "more records than it holds" },
    { name: "fewer records than words", input: changed(4, 0), problem: "words follow its last record" },
    { name: "records behind the end", input: changed(8, 1 << 30), problem: "its records end behind it" },
    {
      name: "a record behind the records",
      input: changed(24, 2 << 3),
      problem: "a record ends behind the records",
    },
    { name: "63 calls", input: changed(24, 63 << 3), problem: "a record with 63 calls" },
    {
      name: "a text that is not there",
      input: changed(24 + 36, 0xfff0),
      problem: "text 65520 is not in its dictionary",
    },
    { name: "texts behind the end", input: changed(12, 99), problem: "its dictionary ends behind it" },
    { name: "bytes behind the texts", input: new Uint8Array([...valid, 0]), problem: "bytes follow its dictionary" },
  ])("is refused as a whole: $name", ({ input, problem }) => {
    expect(() => decodeHopBatch(input)).toThrow(HopBatchInvalid);
    expect(() => decodeHopBatch(input)).toThrow(problem);
  });
});
