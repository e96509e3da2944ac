import type { IdlOption } from "../model.js";
import { didYouMean } from "../suggest.js";
import { parseBracketOptions } from "./parse-options.js";
import type { Place } from "./place.js";
import type { FieldSyntax, TypeName } from "./syntax-tree.js";
import type { TokenStream } from "./token-stream.js";

const LABELS = ["required", "optional", "repeated"] as const;
const WORDS = [...LABELS, "message", "enum", "oneof", "option", "reserved", "extensions", "extend"];
/** Found inside a message when its closing brace was forgotten. */
const OUTER_WORDS = ["service", "package", "import", "syntax", "rpc"];
const MAX_INT = 2n ** 53n;

export interface FieldPlace extends Place {
  /** The oneof around. */
  readonly oneof?: string;
}

/** `optional string name = 1 [default = "x"];` */
export function parseField(place: FieldPlace): FieldSyntax {
  const { tokens } = place;
  const first = tokens.peek();
  const label = parseLabel(place);
  refuseGroupAndMap(tokens);
  const typeName = parseTypeName(tokens, label === "none" ? "a field" : "the type of the field");
  refuseUnknownWord(tokens, typeName, label);
  const name = tokens.takeWord(`the name of the ${typeName.text} field`);
  tokens.take("=", `after the field's name ${name.text}`);
  const number = tokens.takeInt(`the number of field ${name.text}`);
  const options: IdlOption[] = parseBracketOptions(tokens);
  const end = tokens.takeSemicolon(`after field ${name.text}`);
  return {
    name: name.text,
    fullName: `${place.scope}.${name.text}`,
    at: { line: name.line, column: name.column },
    docs: first.leading || end.trailing,
    options,
    number: clampInt(number.value),
    numberAt: { line: number.at.line, column: number.at.column },
    label,
    typeName,
    ...(place.oneof === undefined ? {} : { oneof: place.oneof }),
  };
}

/** A number far outside any limit is as wrong as one just outside. */
export function clampInt(value: bigint): number {
  if (value > MAX_INT) return Number(MAX_INT);
  return Number(value < -MAX_INT ? -MAX_INT : value);
}

/** `Name`, `outer.Name` or `.package.Name`. */
export function parseTypeName(tokens: TokenStream, what: string): TypeName {
  const { line, column } = tokens.peek();
  let text = tokens.tryTake(".") ? "." : "";
  text += tokens.takeWord(what).text;
  while (tokens.tryTake(".")) text += `.${tokens.takeWord("the rest of the type's name").text}`;
  return { text, at: { line, column } };
}

function parseLabel(place: FieldPlace): FieldSyntax["label"] {
  const { tokens, syntax, oneof } = place;
  const label = LABELS.find((word) => tokens.isNext(word)) ?? "none";
  if (label === "none") return label;
  const at = tokens.next();
  if (oneof !== undefined) {
    tokens.problems.error(at, "IDL_LABEL_NOT_ALLOWED", `a field of a oneof has no label; remove "${label}"`);
  } else if (syntax === "proto3" && label === "required") {
    tokens.problems.error(at, "IDL_LABEL_NOT_ALLOWED", `proto3 has no required fields; remove "required"`);
  }
  return label;
}

function refuseGroupAndMap(tokens: TokenStream): void {
  if (tokens.isNext("group") && tokens.peek(1).kind === "word" && tokens.isNext("{", 4)) {
    const hint = "declare a message and a field of its type instead";
    tokens.fail(tokens.peek(), "IDL_GROUP_NOT_SUPPORTED", `group fields are not supported; ${hint}`);
  }
  if (tokens.isNext("map") && tokens.isNext("<", 1)) {
    const hint = "use a repeated message with the fields key = 1 and value = 2; its bytes are the same";
    tokens.fail(tokens.peek(), "IDL_MAP_NOT_SUPPORTED", `map fields are not supported; ${hint}`);
  }
}

/** `requird string name = 1;`: three words in a row, so the first is no type. */
function refuseUnknownWord(tokens: TokenStream, typeName: TypeName, label: FieldSyntax["label"]): void {
  const isField = tokens.peek().kind === "word" && tokens.isNext("=", 1);
  if (label !== "none" || isField) return;
  const shown = JSON.stringify(typeName.text);
  if (OUTER_WORDS.includes(typeName.text)) {
    tokens.fail(typeName.at, "IDL_SYNTAX", `${shown} can't stand inside a message; is a "}" missing above?`);
  }
  tokens.fail(typeName.at, "IDL_SYNTAX", `${shown} does not start a statement${didYouMean(typeName.text, WORDS)}`);
}
