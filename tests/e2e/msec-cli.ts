/** The command line of this repository, as a user runs it. */
import { fileURLToPath } from "node:url";
import { type ProgramOptions, type ProgramResult, runProgram } from "@msec/testkit";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Entry file of a built program. */
export const programFile = (app: "cli" | "console" | "agent") => `${root}apps/${app}/dist/main.js`;

export const MSEC = [process.execPath, programFile("cli")] as const;

/** Folder of an example project. */
export const exampleDirectory = (name: string) => `${root}examples/${name}`;

export const nodeModules = `${root}node_modules`;

/** Runs `msec …` to its end, whatever its exit code. */
export function msec(
  words: readonly string[],
  options: ProgramOptions & { readonly input?: string } = {},
): Promise<ProgramResult> {
  return runProgram([...MSEC, ...words], options);
}
