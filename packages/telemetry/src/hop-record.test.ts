import { encodeLogEvent } from "@msec/protocol";
import { describe, expect, it } from "vitest";
import { type HopCall, type HopFacts, hopRecord, processFields } from "./hop-record.js";

const call: HopCall = {
  ...{ target: "VOA.Crawl", method: "crawl.Crawl.Get", address: "127.0.0.3:80", attempt: 1, startedAtMs: 1_000.4 },
  ...{ costMs: 1.2345, err: -11, reason: "NET_REFUSED", spanId: "00000000000000ff" },
};
const request: HopFacts = {
  ...{ service: "Flight.query", method: "flight.FlightService.QueryFlight", caller: "Web.front", protocol: "srpc" },
  ...{ requestId: "18446744073709551615", coloring: true, spanId: "0123456789abcdef", parentSpanId: "", attempt: 0 },
  ...{
    clientAddress: "127.0.0.1:5000",
    serverAddress: "127.0.0.2:7963",
    startedAtMs: 999.6,
    costMs: 12.3456,
    err: 0,
    reason: "",
  },
  calls: [call],
};

describe("hopRecord", () => {
  it("says who asked whom, how long it took and what was called inside", () => {
    const { headers, body } = hopRecord(request, 1_234);
    expect(body).toBe("hop");
    expect(headers).toEqual({
      Kind: "hop",
      ReqID: "18446744073709551615",
      ClientIP: "127.0.0.1",
      ServerIP: "127.0.0.2",
      RPCName: "flight.FlightService.QueryFlight",
      Caller: "Web.front",
      ServiceName: "Flight.query",
      Coloring: "1",
      InsTime: "1234",
      SpanID: "0123456789abcdef",
      ParentSpanID: "",
      Attempt: "0",
      StartMs: "1000",
      CostUs: "12346",
      Err: "0",
      Reason: "",
      Address: "127.0.0.2:7963",
      Protocol: "srpc",
      Calls:
        '[{"t":"VOA.Crawl","m":"crawl.Crawl.Get","a":"127.0.0.3:80","n":1,"s":1000,"c":1235,"e":-11,"r":"NET_REFUSED","i":"00000000000000ff"}]',
      Level: "INFO",
    });
  });

  it("lists at most 20 calls, and none that would make the record too large", () => {
    const listed = (calls: readonly HopCall[]): number =>
      (JSON.parse(hopRecord({ ...request, calls }, 0).headers.Calls!) as unknown[]).length;
    expect(listed([])).toBe(0);
    expect(listed(Array(32).fill(call))).toBe(20);
    const long = { ...call, method: "m".repeat(900) };
    expect(listed(Array(20).fill(long))).toBe(5);
    const { headers, body } = hopRecord({ ...request, calls: Array(20).fill(long) }, 0);
    expect(() => encodeLogEvent(headers, body)).not.toThrow();
  });

  it("gives records outside of requests the same fields", () => {
    expect(Object.keys(processFields("A.bb")).every((key) => key in hopRecord(request, 0).headers)).toBe(true);
  });
});
