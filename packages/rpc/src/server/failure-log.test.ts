import { type LogFields, silentLogger } from "@msec/core";
import { expect, it } from "vitest";
import { FailureLog } from "./failure-log.js";

it("writes twenty lines of each second, and how many it left out", () => {
  let nowMs = 0;
  const lines: LogFields[] = [];
  const logger = { ...silentLogger, error: (_: string, fields: LogFields = {}) => void lines.push(fields) };
  const log = new FailureLog(logger, { monotonicMs: () => nowMs });
  for (let n = 0; n < 1_000; n++) log.error("handler failed", { n });
  expect(lines.map(({ n }) => n)).toEqual(Array.from({ length: 20 }, (_, n) => n));
  nowMs = 1_000;
  log.error("handler failed", { n: "next" });
  log.error("handler failed", { n: "after" });
  expect(lines.slice(20)).toEqual([{ n: "next", notLogged: 980 }, { n: "after" }]);
});
