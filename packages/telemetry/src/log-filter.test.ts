import { describe, expect, it } from "vitest";
import { LogFilter, type LogLevel, tryLogLevel } from "./log-filter.js";

const fields = (values: Record<string, string>) => (field: string) => values[field];

describe("LogFilter", () => {
  it.each<[LogLevel, LogLevel, boolean]>([
    ["INFO", "INFO", true],
    ["DEBUG", "INFO", false],
    ["TRACE", "TRACE", true],
    ["FATAL", "ERROR", true],
    ["FATAL", "NONE", false],
  ])("a record of level %s at threshold %s: %s", (level, threshold, isKept) => {
    expect(new LogFilter(threshold).isWritable(level, fields({}))).toBe(isKept);
  });

  it("keeps what a rule matches exactly, and coloured requests always", () => {
    const filter = new LogFilter("NONE", [
      { field: "uin", value: "42" },
      { field: "", value: "x" },
      { field: "x", value: "" },
    ]);
    expect(filter.isWritable("TRACE", fields({ uin: "42" }))).toBe(true);
    expect(filter.isWritable("FATAL", fields({ uin: "420" }))).toBe(false);
    expect(filter.isWritable("FATAL", fields({ Uin: "42" }))).toBe(false);
    expect(filter.isWritable("TRACE", fields({ Coloring: "1" }))).toBe(true);
    expect(filter.isWritable("TRACE", fields({ Coloring: "0", x: "" }))).toBe(false);
    expect(filter.rules).toHaveLength(2);
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
