import type { LogEvent } from "@msec/protocol";
import { decodeLogEvent, HopBatchWriter, type HopCallFacts, type HopFacts } from "@msec/protocol";
import { describe, expect, it } from "vitest";
import { decimalText, HopExpansion } from "./hop-expansion.js";

const call: HopCallFacts = {
  ...{ spanIdHigh: 0, spanIdLow: 0xff, target: "VOA.Crawl", method: "crawl.Crawl.Get", address: "127.0.0.3:80" },
  ...{ attempt: 1, startedMs: 1_000.4, costMs: 1.2345, err: -11, reason: "NET_REFUSED" },
};
const request: HopFacts = {
  ...{ flowIdHigh: 0xffff_ffff, flowIdLow: 0xffff_ffff, spanIdHigh: 0x0123_4567, spanIdLow: 0x89ab_cdef },
  ...{ parentSpanIdHigh: 0, parentSpanIdLow: 0, service: "Flight.query", method: "flight.FlightService.QueryFlight" },
  ...{ caller: 'Web."front"\u4e2d', protocol: "srpc", coloring: true, attempt: 0, priority: 100 },
  ...{ clientAddress: "127.0.0.1:5000", serverAddress: "127.0.0.2:7963", startedMs: 999.6, costMs: 12.3456 },
  ...{ err: 0, reason: "", calls: [call] },
};
const clock = { nowMs: () => 1_700_000_000_000, monotonicMs: () => 0, sleep: () => Promise.resolve() };

function expand(hops: readonly HopFacts[]): LogEvent[] {
  const writer = new HopBatchWriter(clock);
  for (const hop of hops) writer.append(hop);
  const events: LogEvent[] = [];
  new HopExpansion("10.0.0.7").expand(decodeLogEvent(writer.seal(), 4).hops!, (json) => events.push(JSON.parse(json)));
  return events;
}

describe("HopExpansion", () => {
  it("says who asked whom, how long it took and what was called inside", () => {
    expect(expand([request])).toEqual([
      {
        atMs: 1_700_000_001_012,
        body: "hop",
        headers: {
          Kind: "hop",
          ReqID: "18446744073709551615",
          ClientIP: "127.0.0.1",
          ServerIP: "127.0.0.2",
          RPCName: "flight.FlightService.QueryFlight",
          Caller: 'Web."front"\u4e2d',
          ServiceName: "Flight.query",
          Coloring: "1",
          InsTime: "1700000001012",
          SpanID: "0123456789abcdef",
          ParentSpanID: "",
          Attempt: "0",
          Priority: "100",
          StartMs: "1700000001000",
          CostUs: "12346",
          QueueUs: "0",
          Err: "0",
          Reason: "",
          Address: "127.0.0.2:7963",
          Protocol: "srpc",
          Calls:
            '[{"t":"VOA.Crawl","m":"crawl.Crawl.Get","a":"127.0.0.3:80","n":1,"s":1700000001000,"c":1235,"e":-11,"r":"NET_REFUSED","i":"00000000000000ff"}]',
          Level: "INFO",
          IP: "10.0.0.7",
        },
      },
    ]);
  });

  it("tells the queue time, and failures", () => {
    const [event] = expand([{ ...request, arrivedMs: 998.1, err: -106, reason: "RPC_OVERLOADED", attempt: 2 }]);
    expect(event!.headers).toMatchObject({ QueueUs: "1500", Err: "-106", Reason: "RPC_OVERLOADED", Attempt: "2" });
  });

  it("mixes up no requests that differ in one name only", () => {
    const variants = [
      ...[
        request,
        { ...request, clientAddress: "127.0.0.9:1" },
        { ...request, method: "m" },
        { ...request, caller: "c" },
      ],
      ...[{ ...request, service: "S.s" }, { ...request, serverAddress: "127.0.0.8:1" }, request],
    ];
    const seen = expand(variants).map(({ headers }) =>
      [headers.ClientIP, headers.RPCName, headers.Caller, headers.ServiceName, headers.Address].join(),
    );
    expect(new Set(seen).size).toBe(6);
    expect(seen[6]).toBe(seen[0]);
  });

  it("tells why an instance was taken while there is room for it", () => {
    const chosen = { ...call, choice: "its turn" };
    const listOf = (calls: HopCallFacts[]) =>
      JSON.parse(expand([{ ...request, calls }])[0]?.headers.Calls ?? "") as { w?: string }[];
    expect(listOf([chosen, call]).map(({ w }) => w)).toEqual(["its turn", undefined]);
    const many = listOf(Array<HopCallFacts>(32).fill({ ...chosen, method: "m".repeat(100) }));
    expect(many).toHaveLength(32);
    expect(many.at(-1)).not.toHaveProperty("w");
  });

  it("lists only as many calls as a header can hold", () => {
    const calls = Array<HopCallFacts>(32).fill({ ...call, method: "m".repeat(500) });
    const text = expand([{ ...request, calls }])[0]!.headers.Calls!;
    expect(text.length).toBeLessThanOrEqual(8_192);
    expect((JSON.parse(text) as unknown[]).length).toBeGreaterThan(10);
  });

  it("gives no record of a batch that is damaged", () => {
    const events: string[] = [];
    const expandDamaged = (): void => new HopExpansion("").expand(new Uint8Array(100), (json) => events.push(json));
    expect(expandDamaged).toThrow(expect.objectContaining({ reason: "PROTO_HOP_BATCH_INVALID" }));
    expect(events).toEqual([]);
  });
});

describe("decimalText", () => {
  it.each([
    [0, 0],
    [0, 0xffff_ffff],
    [0x1f_ffff, 0xffff_ffff],
    [0x20_0000, 0],
    [0x20_0000, 1],
    [1_000_000_000, 0],
    [0x7fff_ffff, 0xffff_ffff],
    [0xffff_ffff, 0xffff_ffff],
    [0x0de0_b6b3, 0xa764_0000],
    [0x8ac7_2304, 0x89e8_0000],
  ])("writes %d × 2^32 + %d like a bigint", (high, low) => {
    expect(decimalText(high, low)).toBe(String((BigInt(high) << 32n) | BigInt(low)));
  });
});
