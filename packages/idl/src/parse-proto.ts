import { IdlInvalid } from "./errors.js";
import { generatedNameNotes } from "./generate/generated-names.js";
import { linkFile } from "./link/link.js";
import type { IdlModel } from "./model.js";
import { tokenize } from "./parse/lexer.js";
import { parseFile } from "./parse/parse-file.js";
import { TokenStream } from "./parse/token-stream.js";
import { type IdlProblem, ProblemList } from "./problem.js";

/** Largest text that is read, in characters. */
export const MAX_IDL_CHARS = 1_000_000;

export interface IdlOrigin {
  /** For messages and the generated header; default `idl.proto`. */
  readonly fileName?: string;
}

/** What {@link checkProto} found. `model` is there when no problem is an error. */
export interface IdlCheck {
  readonly model?: IdlModel;
  /** Errors, warnings and notes, in the order of the source. */
  readonly problems: readonly IdlProblem[];
}

/** Reads a `.proto` text and tells everything that is wrong with it. Never throws. */
export function checkProto(text: string, origin: IdlOrigin = {}): IdlCheck {
  const problems = new ProblemList();
  if (text.length > MAX_IDL_CHARS) {
    const message = `the text has ${text.length} characters, at most ${MAX_IDL_CHARS} are read`;
    problems.error({ line: 1, column: 1 }, "IDL_TOO_LARGE", message);
    return { problems: problems.sorted() };
  }
  const file = parseFile(new TokenStream(tokenize(text, problems), problems));
  const model = linkFile(file, { fileName: origin.fileName ?? "idl.proto", source: text }, problems);
  if (problems.hasErrors) return { problems: problems.sorted() };
  for (const note of generatedNameNotes(model)) problems.note(note.at, "IDL_GENERATED_NAME", note.message);
  return { model, problems: problems.sorted() };
}

/**
 * Reads a `.proto` text.
 *
 * @returns the model, and what is allowed but worth knowing
 * @throws {IdlInvalid} with every error of the text in `details.problems`
 */
export function parseProto(text: string, origin: IdlOrigin = {}): { model: IdlModel; warnings: readonly IdlProblem[] } {
  const { model, problems } = checkProto(text, origin);
  if (model) return { model, warnings: problems };
  const errors = problems.filter((problem) => problem.severity === "error");
  throw new IdlInvalid({ fileName: origin.fileName ?? "idl.proto", problems: errors });
}
