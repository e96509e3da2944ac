import type { IdlOption, IdlOptionValue } from "../model.js";
import { intValue, type TokenStream } from "./token-stream.js";

/** `option name = value;` */
export function parseOptionStatement(tokens: TokenStream): IdlOption {
  tokens.take("option", "at the start of an option");
  const option = parseOption(tokens);
  tokens.takeSemicolon("after the option");
  return option;
}

/** `[a = 1, b = 2]`, or nothing. */
export function parseBracketOptions(tokens: TokenStream): IdlOption[] {
  if (!tokens.tryTake("[")) return [];
  const options = [parseOption(tokens)];
  while (tokens.tryTake(",")) options.push(parseOption(tokens));
  tokens.take("]", "after the options");
  return options;
}

function parseOption(tokens: TokenStream): IdlOption {
  const { line, column } = tokens.peek();
  const name = parseOptionName(tokens);
  tokens.take("=", `after the option's name ${name}`);
  return { name, value: parseValue(tokens), at: { line, column } };
}

function parseOptionName(tokens: TokenStream): string {
  let name = parseNamePart(tokens);
  while (tokens.tryTake(".")) name += `.${parseNamePart(tokens)}`;
  return name;
}

function parseNamePart(tokens: TokenStream): string {
  if (!tokens.tryTake("(")) return tokens.takeWord("the name of an option").text;
  let name = tokens.tryTake(".") ? "." : "";
  name += tokens.takeWord("the name of an option").text;
  while (tokens.tryTake(".")) name += `.${tokens.takeWord("the name of an option").text}`;
  tokens.take(")", "after the option's name");
  return `(${name})`;
}

function parseValue(tokens: TokenStream): IdlOptionValue {
  if (tokens.isNext("{")) return parseAggregate(tokens);
  const isNegative = tokens.tryTake("-") !== undefined;
  if (!isNegative) tokens.tryTake("+");
  const token = tokens.next();
  switch (token.kind) {
    case "int":
      return { kind: "int", value: isNegative ? -intValue(token.text) : intValue(token.text) };
    case "float":
      return { kind: "float", value: isNegative ? -Number(token.text) : Number(token.text) };
    case "word":
      return parseWord(token.text, isNegative);
    case "string":
      return { kind: "string", bytes: parseStrings(tokens, token.bytes) };
    default:
      return tokens.fail(token, "IDL_SYNTAX", `a value expected, found ${JSON.stringify(token.text)}`);
  }
}

function parseWord(text: string, isNegative: boolean): IdlOptionValue {
  if (isNegative && text === "inf") return { kind: "float", value: -Infinity };
  if (isNegative && text === "nan") return { kind: "float", value: Number.NaN };
  return { kind: "word", text: isNegative ? `-${text}` : text };
}

/** Strings side by side are one string. */
function parseStrings(tokens: TokenStream, first: Uint8Array | undefined): Uint8Array {
  const parts = [...(first ?? [])];
  while (tokens.peek().kind === "string") for (const byte of tokens.next().bytes ?? []) parts.push(byte);
  return Uint8Array.from(parts);
}

function parseAggregate(tokens: TokenStream): IdlOptionValue {
  const open = tokens.peek();
  const parts: string[] = [];
  let depth = 0;
  do {
    const token = tokens.next();
    if (token.kind === "end") tokens.fail(open, "IDL_SYNTAX", `this "{" is never closed with "}"`);
    if (token.kind === "symbol" && token.text === "{") depth++;
    if (token.kind === "symbol" && token.text === "}") depth--;
    parts.push(token.text);
  } while (depth > 0);
  return { kind: "aggregate", text: parts.join(" ") };
}
