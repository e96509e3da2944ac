import { expect, it } from "vitest";
import { parseFilter, visibleRows, writeFilter } from "./log-filter.js";

it("reads the filter of an address and leaves out what the API would refuse", () => {
  const search = new URLSearchParams("level=ERROR&request=12a&machine=127.0.0.2&text=time%20out&hops=1&range=live");
  expect(parseFilter(search)).toEqual({ level: "ERROR", machine: "127.0.0.2", text: "time out", hops: true });
  expect(parseFilter(new URLSearchParams("level=LOUD&request=12"))).toEqual({ requestId: "12" });
});

it("changes one part and keeps the rest", () => {
  const search = new URLSearchParams("range=1h&text=a");
  expect(writeFilter(search, "text", "  ").toString()).toBe("range=1h");
  expect(writeFilter(search, "level", "INFO").toString()).toBe("range=1h&text=a&level=INFO");
});

it("draws only the rows in sight", () => {
  expect(visibleRows(0, 500, 25)).toEqual([0, 30]);
  expect(visibleRows(250_000, 500, 25)).toEqual([9990, 10_030]);
});
