/** Reads config.ini by the table of {@link CONFIG_KEYS}. */
import type { ConfigProblem } from "@msec/core";
import type { ConfigIni } from "./config-ini.js";
import type { ConfigKey } from "./config-key.js";
import { CONFIG_KEYS, type ConfigValues, OLD_KEYS } from "./config-keys.js";

const ROWS: readonly (readonly [name: string, row: ConfigKey])[] = Object.entries(CONFIG_KEYS);
const FLAGS: Readonly<Record<string, boolean>> = {
  ...{ "1": true, on: true, true: true, yes: true },
  ...{ "0": false, off: false, false: false, no: false },
};

/** Values of all rows; what is wrong is added to `problems` and stands at its default. */
export function readConfigValues(ini: ConfigIni, problems: ConfigProblem[]): ConfigValues {
  const values: Record<string, unknown> = {};
  for (const [name, row] of ROWS) {
    if (row.kind === "own") continue;
    const text = ini.get(row.section, row.key);
    const read = text === undefined ? { value: defaultOf(row) } : readValue(row, text);
    if ("problem" in read) {
      problems.push({ path: `[${row.section}] ${row.key}`, message: `is ${JSON.stringify(text)}, ${read.problem}` });
      values[name] = defaultOf(row);
    } else values[name] = read.value;
  }
  return values as unknown as ConfigValues;
}

/** Keys and sections that do nothing, each with what was probably meant. */
export function unknownKeyWarnings(ini: ConfigIni): ConfigProblem[] {
  const known = new Set(ROWS.map(([, { section }]) => section));
  return ini.sections().flatMap((section) => {
    if (known.has(section)) return ini.keys(section).flatMap((key) => keyWarning(section, key) ?? []);
    const meant = [...known].find((one) => distance(one, section) <= 1);
    return meant === undefined ? [] : [{ path: `[${section}]`, message: `is not read; did you mean [${meant}]?` }];
  });
}

/** Keys that were changed from one file to another and do not count at once, by what makes them count. */
export function pendingKeys(
  before: ConfigIni,
  after: ConfigIni,
): Readonly<Record<"reload" | "restart", readonly string[]>> {
  const changed = ROWS.map(([, row]) => row).filter(
    ({ section, key }) => before.get(section, key) !== after.get(section, key),
  );
  const needing = (effect: "reload" | "restart"): readonly string[] =>
    changed.filter(({ takesEffect }) => takesEffect === effect).map(({ section, key }) => `[${section}] ${key}`);
  return { reload: needing("reload"), restart: needing("restart") };
}

function keyWarning(section: string, key: string): ConfigProblem | undefined {
  const path = `[${section}] ${key}`;
  const old = OLD_KEYS[section];
  if (old !== undefined && Object.hasOwn(old, key)) return { path, message: `has no effect: ${old[key]}` };
  const rows = ROWS.map(([, row]) => row).filter((row) => row.section === section);
  if (rows.some((row) => isKeyOf(row, key))) return undefined;
  const [nearest] = rows.map((row) => row.key).toSorted((a, b) => distance(a, key) - distance(b, key));
  const isNear = nearest !== undefined && distance(nearest, key) <= Math.max(2, key.length / 2);
  return { path, message: isNear ? `unknown key; did you mean ${nearest}?` : "unknown key" };
}

function isKeyOf(row: ConfigKey, key: string): boolean {
  if (row.kind !== "own" || !row.isNumbered) return row.key === key;
  return key.startsWith(row.key) && /^\d+$/.test(key.slice(row.key.length));
}

function defaultOf(row: Exclude<ConfigKey, { readonly kind: "own" }>): unknown {
  if (row.kind === "list") return [];
  return row.kind === "whole" ? row.default * (row.scale ?? 1) : row.default;
}

type ReadValue = { readonly value: unknown } | { readonly problem: string };

function readValue(row: Exclude<ConfigKey, { readonly kind: "own" }>, text: string): ReadValue {
  switch (row.kind) {
    case "whole":
    case "ratio":
      return readNumber(row, text);
    case "choice":
      return row.choices.includes(text) ? { value: text } : { problem: `use ${row.choices.join(" or ")}` };
    case "flag": {
      const value = Object.hasOwn(FLAGS, text.toLowerCase()) ? FLAGS[text.toLowerCase()] : undefined;
      return value === undefined ? { problem: "use on or off" } : { value };
    }
    case "text":
      return { value: text };
    case "list":
      return { value: text.split(/\s+/).filter((word) => word !== "") };
  }
}

function readNumber(row: Extract<ConfigKey, { readonly kind: "whole" | "ratio" }>, text: string): ReadValue {
  const isNumber = (row.kind === "whole" ? /^\d{1,15}$/ : /^\d+(\.\d+)?$/).test(text);
  const value = isNumber ? Number(text) : Number.NaN;
  if (value >= row.min && value <= row.max) return { value: row.kind === "whole" ? value * (row.scale ?? 1) : value };
  return { problem: `use a ${row.kind === "whole" ? "whole number" : "number"} from ${row.min} to ${row.max}` };
}

/** Levenshtein's, without regard to case, `_` and `-`. */
function distance(a: string, b: string): number {
  const [from, to] = [a, b].map((word) => word.toLowerCase().replace(/[_-]/g, "")) as [string, string];
  let row = Array.from({ length: to.length + 1 }, (_, i) => i);
  for (let i = 1; i <= from.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= to.length; j += 1) {
      const replaced = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
