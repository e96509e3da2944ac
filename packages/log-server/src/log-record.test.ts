import { describe, expect, it } from "vitest";
import { hopRow, isHop, parseCalls, recordRow } from "./log-record.js";

const event = (headers: Record<string, string>) => ({ atMs: 5, headers, body: "text" });

describe("recordRow", () => {
  it.each([
    { level: "ERROR", want: [3, "{}"] },
    { level: "fatal", want: [4, "{}"] },
    { level: "", want: [2, "{}"] },
    { level: "WARN", want: [2, '{"Level":"WARN"}'] },
  ])("reads level $level", ({ level, want }) => {
    const row = recordRow(event({ Level: level }), "127.0.0.2");
    expect([row[1], row[8]]).toEqual(want);
  });

  it.each([
    { text: "0042", want: "42" },
    { text: "18446744073709551615", want: "18446744073709551615" },
    { text: "000", want: "0" },
    { text: "x", want: "0" },
    { text: "-1", want: "0" },
  ])("reads request id $text", ({ text, want }) => {
    expect(recordRow(event({ ReqID: text }), "")[4]).toBe(want);
  });
});

describe("hopRow", () => {
  it("takes what is missing as the plainest value", () => {
    const row = hopRow(event({ Kind: "hop", CostUs: "x", StartMs: "" }), "127.0.0.2");
    expect(row).toEqual([5, 5, "", "127.0.0.2", "0", "", "", "", "", "", "", 0, 0, 0, "", "[]"]);
    expect([isHop(event({ Kind: "hop" })), isHop(event({ Kind: "Hop" }))]).toEqual([true, false]);
  });
});

describe("parseCalls", () => {
  it("reads what a hop record carries", () => {
    const text =
      '[{"t":"VOA.Crawl","m":"get","a":"127.0.0.3:1","n":2,"s":7,"c":1500,"e":-10,"r":"RPC_TIMEOUT","i":"ab","w":"its turn"}]';
    expect(parseCalls(text)).toEqual([
      {
        target: "VOA.Crawl",
        method: "get",
        address: "127.0.0.3:1",
        attempt: 2,
        startedAtMs: 7,
        costMs: 1.5,
        err: -10,
        reason: "RPC_TIMEOUT",
        spanId: "ab",
        choice: "its turn",
      },
    ]);
  });

  it.each(["", "{}", "[1,null]", "[[", '"x"'])("leaves out what is not readable: %s", (text) => {
    expect(parseCalls(text)).toEqual([]);
  });
});
