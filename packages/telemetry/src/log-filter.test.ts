import { describe, expect, it } from "vitest";
import { LogFilter, type LogLevel, tryLogLevel } from "./log-filter.js";

describe("LogFilter", () => {
  it.each<[LogLevel, LogLevel, boolean]>([
    ["INFO", "INFO", true],
    ["DEBUG", "INFO", false],
    ["TRACE", "TRACE", true],
    ["FATAL", "ERROR", true],
    ["FATAL", "NONE", false],
  ])("a record of level %s at threshold %s: %s", (level, threshold, isKept) => {
    expect(new LogFilter(threshold).hasLevel(level)).toBe(isKept);
  });

  it("has the rules that say something, and always the one for coloured requests", () => {
    const rules = [
      { field: "uin", value: "42" },
      { field: "", value: "x" },
      { field: "x", value: "" },
    ];
    expect(new LogFilter("NONE", rules).rules).toEqual([
      { field: "uin", value: "42" },
      { field: "Coloring", value: "1" },
    ]);
  });

  it("knows levels in any case", () => {
    expect(["info", "Fatal", "NONE", "WARN", ""].map(tryLogLevel)).toEqual([
      "INFO",
      "FATAL",
      "NONE",
      undefined,
      undefined,
    ]);
  });
});
