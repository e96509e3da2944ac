/** The tables of docs/reference/config-ini.md, made from {@link CONFIG_KEYS}. */
import type { ConfigKey } from "./config-key.js";
import { CONFIG_KEYS, OLD_KEYS } from "./config-keys.js";

const EFFECT = { live: "at once", reload: "reload", restart: "restart" } as const;

/** The page with every table between `<!-- keys: SECTION -->` and `<!-- end -->` made anew. */
export function fillConfigTables(page: string): string {
  return page.replace(
    /(<!-- keys: (\w+) -->\n)[\s\S]*?(<!-- end -->)/g,
    (_all, begin: string, section: string, end: string) => `${begin}${sectionTable(section)}\n${end}`,
  );
}

function sectionTable(section: string): string {
  const rows = Object.values<ConfigKey>(CONFIG_KEYS).filter((row) => row.section === section);
  const old = Object.entries(OLD_KEYS[section] ?? {});
  return [
    "| Key | Default | Takes | Changes with | Meaning |",
    "| --- | --- | --- | --- | --- |",
    ...rows.map((row) =>
      tableRow([`\`${row.key}\``, defaultText(row), takesText(row), EFFECT[row.takesEffect], row.doc]),
    ),
    ...old.map(([key, why]) => tableRow([`\`${key}\``, "", "", "", `of the archived system; no effect: ${why}`])),
  ].join("\n");
}

const tableRow = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;

function defaultText(row: ConfigKey): string {
  if (row.kind === "own") return row.defaultText;
  if (row.kind === "list") return "none";
  if (row.kind === "flag") return row.default ? "`on`" : "`off`";
  if (row.kind === "whole" && row.defaultText !== undefined) return row.defaultText;
  return row.default === "" ? "none" : `\`${row.default}\``;
}

function takesText(row: ConfigKey): string {
  switch (row.kind) {
    case "whole":
    case "ratio":
      return `${row.min} to ${row.max}`;
    case "choice":
      return row.choices.map((one) => `\`${one}\``).join(", ");
    case "flag":
      return "on, off";
    case "list":
      return "words";
    case "text":
    case "own":
      return "text";
  }
}
