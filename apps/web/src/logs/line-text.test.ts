import type { LogRecord } from "@msec/api-schema";
import { expect, it } from "vitest";
import { lineText } from "./line-text.js";

const record = (fields: Record<string, string>): LogRecord => ({
  recordId: "1",
  atMs: 1,
  level: "INFO",
  service: "Flight.mod_flight",
  machine: "127.0.0.2",
  requestId: "7",
  rpcName: "flight.FlightService.QueryFlight",
  caller: "Web.front",
  body: "hop",
  fields,
});

it("shows the body of a line that a service wrote", () => {
  expect(lineText(record({ uin: "1" }))).toBe("hop");
});

it("tells what a hop record holds", () => {
  const text = (fields: Record<string, string>) =>
    lineText(record({ Kind: "hop", ...fields })).replaceAll("\u202f", " ");
  expect(text({ CostUs: "1500", Err: "0" })).toBe("Web.front → flight.FlightService.QueryFlight · 1.5 ms");
  expect(text({ Err: "-1001", Reason: "RPC_TIMED_OUT" })).toBe(
    "Web.front → flight.FlightService.QueryFlight · -1001 RPC_TIMED_OUT",
  );
});
