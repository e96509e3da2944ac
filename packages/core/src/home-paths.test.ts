import { expect, it } from "vitest";
import { homePaths } from "./home-paths.js";
import { silentLogger } from "./logger.js";

it("everything lies under the home, each at its own place", () => {
  const paths = homePaths("/msec");
  const service = paths.service({ first: "Flight", second: "mod" });
  expect(paths.liveTable("Flight.mod")).toBe("/msec/agent/naming/Flight.mod.live");
  expect(service.release("r-1")).toBe("/msec/Flight/mod/releases/r-1");
  const all = [
    ...Object.values(paths).filter((value) => typeof value === "string"),
    ...Object.values(service).filter((value) => typeof value === "string"),
  ];
  expect(new Set(all).size).toBe(all.length);
  for (const path of all) expect(path).toMatch(/^\/msec(\/|$)/);
});

it("a silent logger is its own child and says nothing", () => {
  const child = silentLogger.child({ area: "test" });
  expect(child).toBe(silentLogger);
  for (const level of ["debug", "info", "warn", "error"] as const) expect(child[level]("x", {})).toBeUndefined();
});
