import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLogger } from "@msec/core";
import type { LogFilter } from "@msec/telemetry";
import { expect, it, onTestFinished, vi } from "vitest";
import { parseConfigIni } from "./config-ini.js";
import { watchLogFilter } from "./log-filter-watch.js";

it("takes over new rules, keeps the old ones when the file is broken", async () => {
  const dir = mkdtempSync(join(tmpdir(), "msec-watch-"));
  const path = join(dir, "config.ini");
  writeFileSync(path, "[LOG]\nLevel = ERROR\n");
  const filters: LogFilter[] = [];
  const problems: string[] = [];
  const stop = watchLogFilter(path, {
    loaded: parseConfigIni("[LOG]\nLevel = ERROR\n"),
    running: { setLogFilter: (filter) => void filters.push(filter) },
    logger: silentLogger,
    onChange: (problem) => void problems.push(problem),
  });
  onTestFinished(() => {
    stop();
    rmSync(dir, { recursive: true });
  });
  writeFileSync(path, "[LOG\nLevel = INFO\n");
  await vi.waitFor(() => expect(problems).toHaveLength(1), 5_000);
  expect(problems[0]).toMatch(/what was read before stays.*line 1/s);
  writeFileSync(path, "[LOG]\nLevel = DEBUG\n[COLOR]\nFieldName0 = uin\nFieldValue0 = 1\n");
  await vi.waitFor(() => expect(filters).toHaveLength(1), 5_000);
  expect(problems).toEqual([problems[0], ""]);
  writeFileSync(path, "[SRPC]\nprocnum = 3\naccept = direct\n");
  const pending =
    "config.ini was changed and does not count yet: [SRPC] procnum after msec reload; [SRPC] accept after msec restart";
  await vi.waitFor(() => expect(problems[2]).toBe(pending), 5_000);
  expect(filters[0]).toMatchObject({ level: "DEBUG", rules: [{ field: "uin", value: "1" }, { field: "Coloring" }] });
});

it("takes over new lists of who may call", async () => {
  const dir = mkdtempSync(join(tmpdir(), "msec-watch-"));
  const path = join(dir, "config.ini");
  const lists: (readonly string[])[] = [];
  writeFileSync(path, "");
  const stop = watchLogFilter(path, {
    loaded: parseConfigIni(""),
    running: {
      setLogFilter: () => undefined,
      setAllowed: ({ allowCallers, allowFrom }) => void lists.push([...allowCallers, ...allowFrom]),
    },
    logger: silentLogger,
  });
  onTestFinished(() => {
    stop();
    rmSync(dir, { recursive: true });
  });
  writeFileSync(path, "[SRPC]\nallow_callers = Shop.cart\nallow_from = 10.0.0.0/8\n");
  await vi.waitFor(() => expect(lists).toEqual([["Shop.cart", "10.0.0.0/8"]]), 5_000);
});
