import type { Reserved, ReservedRange } from "../model.js";
import type { Position } from "../problem.js";
import { clampInt } from "./parse-field.js";
import type { TokenStream } from "./token-stream.js";

export interface ReservedDraft extends Reserved {
  readonly ranges: ReservedRange[];
  readonly names: { readonly name: string; readonly at: Position }[];
}

const MAX_RESERVED = 1_000;

/** What `max` stands for: clamped later to the limit of fields or enum values. */
const RANGE_MAX = Number.MAX_SAFE_INTEGER;

/** `reserved 2, 9 to 11, 100 to max;` or `reserved "a", "b";` */
export function parseReserved(tokens: TokenStream, reserved: ReservedDraft): void {
  tokens.take("reserved", "at the start of a reserved statement");
  do {
    if (reserved.ranges.length + reserved.names.length >= MAX_RESERVED) {
      tokens.fail(
        tokens.peek(),
        "IDL_TOO_LARGE",
        `at most ${MAX_RESERVED} numbers, ranges and names are reserved in one place`,
      );
    }
    if (tokens.peek().kind === "string") parseReservedName(tokens, reserved);
    else reserved.ranges.push(parseRange(tokens));
  } while (tokens.tryTake(","));
  tokens.takeSemicolon("after reserved");
}

function parseReservedName(tokens: TokenStream, reserved: ReservedDraft): void {
  const { bytes, line, column } = tokens.next();
  reserved.names.push({ name: new TextDecoder().decode(bytes), at: { line, column } });
}

function parseRange(tokens: TokenStream): ReservedRange {
  const { line, column } = tokens.peek();
  const from = clampInt(tokens.takeInt("a reserved number, range or quoted name").value);
  if (!tokens.tryTake("to")) return { from, to: from, at: { line, column } };
  if (tokens.tryTake("max")) return { from, to: RANGE_MAX, at: { line, column } };
  return { from, to: clampInt(tokens.takeInt("the end of the range").value), at: { line, column } };
}

/** `extensions 100 to 199;`: no effect, since nothing can extend a file that stands alone. */
export function parseExtensions(tokens: TokenStream): void {
  const at = tokens.next();
  do parseRange(tokens);
  while (tokens.tryTake(","));
  if (tokens.tryTake("[")) while (!tokens.isAtEnd && !tokens.isNext(";") && !tokens.tryTake("]")) tokens.next();
  tokens.takeSemicolon("after extensions");
  tokens.problems.warn(at, "IDL_EXTENSIONS_IGNORED", "extensions have no effect here: unknown fields are skipped");
}
