import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import type { ConfigKey } from "./config-key.js";
import { CONFIG_KEYS } from "./config-keys.js";
import { fillConfigTables } from "./config-reference.js";
import { parseServiceConfig } from "./service-config.js";

const PAGE = new URL("../../../../docs/reference/config-ini.md", import.meta.url).pathname;
const rows = Object.entries<ConfigKey>(CONFIG_KEYS);

it("the reference has the tables that the rows make (write it with -u)", async () => {
  await expect(fillConfigTables(readFileSync(PAGE, "utf8"))).toMatchFileSnapshot(PAGE);
});

it("the reference has a table for each section that has keys", () => {
  const page = readFileSync(PAGE, "utf8");
  const sections = new Set(rows.map(([, { section }]) => section));
  expect([...sections].filter((section) => !page.includes(`<!-- keys: ${section} -->`))).toEqual([]);
});

it("each number is checked at both ends, and each default passes its own check", () => {
  for (const [name, row] of rows) {
    if (row.kind !== "whole" && row.kind !== "ratio") continue;
    const read = (value: number): unknown =>
      parseServiceConfig(`[${row.section}]\n${row.key} = ${value}\n`)[name as "procnum"];
    const scale = row.kind === "whole" ? (row.scale ?? 1) : 1;
    for (const value of [row.default, row.min, row.max]) expect(read(value)).toBe(value * scale);
    for (const value of [row.min - 1, row.max + 1])
      expect(() => read(value)).toThrow(`[${row.section}] ${row.key}: is`);
  }
});
