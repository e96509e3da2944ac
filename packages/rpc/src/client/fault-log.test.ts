import { silentLogger, systemClock } from "@msec/core";
import { expect, it } from "vitest";
import { FaultLog } from "./fault-log.js";

it("tells each kind of fault at most once a minute, and how many there were", () => {
  let nowMs = 1_000;
  const told: unknown[] = [];
  const logger = { ...silentLogger, error: (msg: string, fields: unknown) => void told.push([msg, fields]) };
  const faults = new FaultLog(logger, { ...systemClock, monotonicMs: () => nowMs });
  for (const error of ["a", "b", "c"]) faults.tell("picker failed", error);
  faults.tell("call event sink failed", "d");
  nowMs += 60_000;
  faults.tell("picker failed", "e");
  expect(told).toEqual([
    ["picker failed", { error: "a" }],
    ["call event sink failed", { error: "d" }],
    ["picker failed", { error: "e", alsoTimes: 2 }],
  ]);
});
