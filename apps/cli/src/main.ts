import { ERROR_CODES, isAppError } from "@msec/core";
import { CommanderError } from "commander";
import { createProgram } from "./program.js";

const { program, cli } = createProgram();
try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = reportFailure(error);
}

function reportFailure(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : ERROR_CODES.INVALID_ARGUMENT.exitCode;
  if (!isAppError(error)) {
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
    return 1;
  }
  process.stderr.write(cli.options.json ? `${JSON.stringify(error.toBody())}\n` : `${failureText(error)}\n`);
  return ERROR_CODES[error.code].exitCode;
}

function failureText(error: Error & { readonly reason: string; readonly details: { readonly requestId?: unknown } }) {
  const { requestId } = error.details;
  const id = typeof requestId === "string" ? `, request ${requestId}` : "";
  return `${error.message} [${error.reason}${id}]`;
}
