import { LogEvent } from "@msec/protocol";
import { Value } from "typebox/value";
import { expect, it } from "vitest";
import { toLogEvent } from "./log-listener.js";

const options = { nowMs: () => 99, machineAddress: "127.0.0.2" };

it("cuts what the console would refuse, and stamps what has no time", () => {
  const long = `${"k".repeat(8_191)}😀`;
  const headers = new Map(Array.from({ length: 100 }, (_, index) => [`${index}${long}`, long]));
  const event = toLogEvent({ headers, body: long }, options);
  expect(Value.Check(LogEvent, event)).toBe(true);
  expect(event.atMs).toBe(99);
  expect(event.headers.IP).toBe("127.0.0.2");
  expect(Object.keys(event.headers)).toHaveLength(65);
  expect(event.body).toBe("k".repeat(8_191));
});

it("takes a header with the name of a property of all objects for what it is", () => {
  const event = toLogEvent({ headers: new Map([["__proto__", "x"]]), body: "" }, options);
  expect(JSON.stringify(event.headers)).toBe('{"__proto__":"x","IP":"127.0.0.2"}');
});
