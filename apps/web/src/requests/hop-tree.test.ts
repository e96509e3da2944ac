import type { Hop } from "@msec/api-schema";
import { expect, it } from "vitest";
import { hopRows } from "./hop-tree.js";

const hop = (spanId: string, parentSpanId: string, startedAtMs: number, costMs: number): Hop => ({
  spanId,
  parentSpanId,
  startedAtMs,
  costMs,
  caller: "",
  service: spanId,
  method: "",
  address: "",
  attempt: 1,
  err: 0,
  reason: "",
  choice: "",
  seenBy: "server",
});

it("puts callers before callees and tells their share of the whole", () => {
  const rows = hopRows([
    hop("c", "a", 1050, 50),
    hop("b", "a", 1010, 20),
    hop("a", "", 1000, 100),
    hop("d", "b", 1015, 5),
  ]);
  expect(rows.map((row) => [row.hop.spanId, row.depth])).toEqual([
    ["a", 0],
    ["b", 1],
    ["d", 2],
    ["c", 1],
  ]);
  expect(rows[3]).toMatchObject({ left: 0.5, width: 0.5 });
});

it("keeps hops whose caller never reported, and survives circles", () => {
  const rows = hopRows([hop("x", "gone", 5, 1), hop("p", "q", 6, 1), hop("q", "p", 7, 1), hop("s", "s", 8, 1)]);
  expect(rows.map((row) => row.hop.spanId).sort()).toEqual(["p", "q", "s", "x"]);
  expect(hopRows([])).toEqual([]);
});
