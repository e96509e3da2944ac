import { defineError } from "@msec/core";
import type { IdlProblem } from "./problem.js";

function text(d: { fileName: string; problems: readonly IdlProblem[] }): string {
  const lines = d.problems.map((p) => `  ${p.line}:${p.column} ${p.message} (${p.rule})`);
  return `${d.fileName} is not a valid IDL:\n${lines.join("\n")}`;
}

/** A `.proto` text breaks rules; `problems` names each place and rule. */
export const IdlInvalid = defineError<{ fileName: string; problems: readonly IdlProblem[] }>(
  "IDL_INVALID",
  "INVALID_ARGUMENT",
  text,
);
