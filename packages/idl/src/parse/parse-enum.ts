import type { EnumModel, EnumValueModel, IdlOption } from "../model.js";
import { clampInt } from "./parse-field.js";
import { parseBracketOptions, parseOptionStatement } from "./parse-options.js";
import { parseReserved, type ReservedDraft } from "./parse-reserved.js";
import { joinName, type Place } from "./place.js";
import type { TokenStream } from "./token-stream.js";

/** `enum Name { A = 0; … }` */
export function parseEnum(place: Place): EnumModel {
  const { tokens, scope } = place;
  const first = tokens.next();
  const name = tokens.takeWord("the name of the enum");
  const values: EnumValueModel[] = [];
  const options: IdlOption[] = [];
  const reserved: ReservedDraft = { ranges: [], names: [] };
  const open = tokens.block(`enum ${name.text}`, () => {
    if (tokens.tryTake(";")) return;
    if (tokens.isNext("option") && !tokens.isNext("=", 1)) options.push(parseOptionStatement(tokens));
    else if (tokens.isNext("reserved") && !tokens.isNext("=", 1)) parseReserved(tokens, reserved);
    else values.push(parseEnumValue(tokens, scope));
  });
  return {
    kind: "enum",
    name: name.text,
    fullName: joinName(scope, name.text),
    at: { line: name.line, column: name.column },
    docs: first.leading || open.trailing,
    options,
    values,
    reserved,
  };
}

/** Values belong to the scope around their enum, as in C++. */
function parseEnumValue(tokens: TokenStream, scope: string): EnumValueModel {
  const name = tokens.takeWord("the name of an enum value");
  tokens.take("=", `after the enum value ${name.text}`);
  const number = clampInt(tokens.takeInt(`the number of enum value ${name.text}`).value);
  const options = parseBracketOptions(tokens);
  const end = tokens.takeSemicolon(`after enum value ${name.text}`);
  return {
    name: name.text,
    fullName: joinName(scope, name.text),
    at: { line: name.line, column: name.column },
    docs: name.leading || end.trailing,
    options,
    number,
  };
}
