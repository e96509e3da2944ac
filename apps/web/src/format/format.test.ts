import { describe, expect, it } from "vitest";
import {
  formatBytes,
  formatCompact,
  formatDuration,
  formatNumber,
  formatPercent,
  formatRate,
  formatRelative,
} from "./format.js";

const plain = (text: string) => text.replaceAll("\u202f", " ");

describe("formatDuration", () => {
  it.each([
    [0.8, "0.8 ms"],
    [2.71649, "2.72 ms"],
    [12, "12 ms"],
    [845.4, "845 ms"],
    [1240, "1.24 s"],
    [185_000, "3 min 5 s"],
    [120_000, "2 min"],
    [7_800_000, "2 h 10 min"],
    [273_600_000, "3 d 4 h"],
  ])("%d ms is %s", (ms, want) => {
    expect(plain(formatDuration(ms))).toBe(want);
  });

  it("shows a dash where nothing was measured", () => {
    expect([formatDuration(null), formatNumber(undefined), formatBytes(null), formatPercent(Number.NaN)]).toEqual(
      Array(4).fill("–"),
    );
  });
});

describe("formatPercent", () => {
  it.each([
    [1, "100 %"],
    [0.99996, "99.99 %"],
    [0.5, "50 %"],
    [0.00004, "0.01 %"],
    [0, "0 %"],
  ])("%d is %s: a failure is never rounded away", (ratio, want) => {
    expect(plain(formatPercent(ratio))).toBe(want);
  });
});

it.each([
  [0, "0"],
  [0.254, "0.25"],
  [950, "950"],
  [12_345, "12.3k"],
  [3_400_000, "3.4M"],
])("formatCompact(%d) is %s", (value, want) => {
  expect(formatCompact(value)).toBe(want);
});

it("keeps the digits of a rate that carry meaning", () => {
  expect([0.256, 3.456, 34.56, 1204.4].map(formatRate)).toEqual(["0.26", "3.46", "34.6", "1,204"]);
});

it("writes sizes in powers of 1024", () => {
  expect([512, 1536, 209_715_200].map((bytes) => plain(formatBytes(bytes)))).toEqual(["512 B", "1.5 KiB", "200 MiB"]);
});

it("tells times relative to now in both languages", () => {
  const now = 1_700_000_000_000;
  expect(formatRelative(now - 12_000, now, "en")).toBe("12 sec. ago");
  expect(formatRelative(now - 7_200_000, now, "zh-CN")).toContain("2");
  expect(formatRelative(now - 500, now, "en")).toBe("now");
});
