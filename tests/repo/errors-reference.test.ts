import { readdirSync, readFileSync } from "node:fs";
import { ERROR_CODES } from "@msec/core";
import { expect, it } from "vitest";

const modules = import.meta.glob<Record<string, unknown>>("/{packages,apps}/*/src/**/errors.ts", { eager: true });

/** Reasons that are made outside `errors.ts` on purpose: the edge's own fixed ones. */
function reasonsInCode(): string[] {
  const definitions = Object.values(modules).flatMap((module) => Object.values(module));
  return definitions.flatMap((d) => (typeof d === "function" && "reason" in d ? [String(d.reason)] : []));
}

function reasonsInDocs(): string[] {
  const directory = "docs/reference/errors.d";
  const text = readdirSync(directory).map((file) => readFileSync(`${directory}/${file}`, "utf8"));
  return [...text.join("\n").matchAll(/^### `([A-Z0-9_]+)`$/gm)].map((match) => match[1] ?? "");
}

it("docs/reference/errors.d describes every reason once, and no dead ones", () => {
  const inCode = reasonsInCode();
  expect(inCode.length).toBeGreaterThan(20);
  expect(new Set(inCode).size, "each reason is defined once").toBe(inCode.length);
  expect(reasonsInDocs().toSorted()).toEqual(inCode.toSorted());
});

it("docs/reference/errors.md shows the policy of every code and leads to every page", () => {
  const text = readFileSync("docs/reference/errors.md", "utf8");
  for (const [code, policy] of Object.entries(ERROR_CODES)) {
    const { rpcNumber, httpStatus, exitCode, retryable } = policy;
    const row = `| \`${code}\` | ${rpcNumber} | ${httpStatus} | ${exitCode} | ${retryable ? "yes" : "no"} |`;
    expect(text, code).toContain(row);
  }
  for (const file of readdirSync("docs/reference/errors.d")) expect(text).toContain(`errors.d/${file}`);
});
