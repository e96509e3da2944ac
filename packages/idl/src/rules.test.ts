import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { COMPAT_RULES } from "./compare/compat-problem.js";
import { checkProto } from "./parse-proto.js";
import { IDL_RULES } from "./rules.js";

const page = readFileSync(join(import.meta.dirname, "../../../docs/reference/idl.md"), "utf8");
const rows = [...page.matchAll(/^\| `([A-Z_]+)` \|(?: (?:error|warning|note) \|)? ([^|]+?) \|/gm)];

describe("docs/reference/idl.md", () => {
  it("lists every rule once, with its meaning", () => {
    const documented = rows.map(([, rule, meaning]) => [rule, meaning]);
    expect(documented.toSorted()).toEqual([...Object.entries(IDL_RULES), ...Object.entries(COMPAT_RULES)].toSorted());
  });

  it("shows an IDL that is valid", () => {
    const sample = /```proto\n([\s\S]*?)```/.exec(page)?.[1] ?? "";
    expect(checkProto(sample).problems).toEqual([]);
    expect(checkProto(sample).model?.services.length).toBe(1);
  });
});
