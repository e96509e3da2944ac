import type { EnumModel, IdlOption, OneofModel } from "../model.js";
import type { Token } from "./lexer.js";
import { parseEnum } from "./parse-enum.js";
import { parseField } from "./parse-field.js";
import { parseOptionStatement } from "./parse-options.js";
import { parseExtensions, parseReserved, type ReservedDraft } from "./parse-reserved.js";
import { joinName, type Place } from "./place.js";
import type { FieldSyntax, MessageSyntax } from "./syntax-tree.js";
import type { TokenStream } from "./token-stream.js";

interface MessageDraft {
  readonly fullName: string;
  readonly fields: FieldSyntax[];
  readonly oneofs: OneofModel[];
  readonly messages: MessageSyntax[];
  readonly enums: EnumModel[];
  readonly options: IdlOption[];
  readonly reserved: ReservedDraft;
}

/** `message Name { … }` */
export function parseMessage(place: Place): MessageSyntax {
  const { tokens } = place;
  const first = tokens.next();
  const name = tokens.takeWord("the name of the message");
  const fullName = joinName(place.scope, name.text);
  const draft: MessageDraft = {
    fullName,
    fields: [],
    oneofs: [],
    messages: [],
    enums: [],
    options: [],
    reserved: { ranges: [], names: [] },
  };
  const open = tokens.block(`message ${name.text}`, () => parseStatement({ ...place, scope: fullName }, draft));
  const at = { line: name.line, column: name.column };
  return { name: name.text, at, docs: first.leading || open.trailing, ...draft };
}

type Statement = (place: Place, draft: MessageDraft) => void;

const statements: Readonly<Record<string, Statement>> = {
  message: (place, draft) => void draft.messages.push(parseMessage(place)),
  enum: (place, draft) => void draft.enums.push(parseEnum(place)),
  oneof: parseOneof,
  option: ({ tokens }, draft) => void draft.options.push(parseOptionStatement(tokens)),
  reserved: ({ tokens }, draft) => parseReserved(tokens, draft.reserved),
  extensions: ({ tokens }) => parseExtensions(tokens),
  extend: ({ tokens }) => refuseExtend(tokens, tokens.peek()),
};

function parseStatement(place: Place, draft: MessageDraft): void {
  const { tokens } = place;
  if (tokens.tryTake(";")) return;
  const { text } = tokens.peek();
  const statement = Object.hasOwn(statements, text) && !isField(tokens) ? statements[text] : undefined;
  if (statement) statement(place, draft);
  else draft.fields.push(parseField(place));
}

export function refuseExtend(tokens: TokenStream, at: Token): never {
  const hint = "add the field to the message itself";
  return tokens.fail(at, "IDL_EXTEND_NOT_SUPPORTED", `extend is not supported; ${hint}`);
}

/** A proto3 field whose type has the name of a statement: `message name = 1` or `message.Inner name = 1`. */
function isField(tokens: TokenStream): boolean {
  if (tokens.isNext("option")) return false;
  if (tokens.isNext(".", 1)) return true;
  return tokens.peek(1).kind === "word" && tokens.isNext("=", 2) && tokens.peek(3).kind === "int";
}

function parseOneof(place: Place, draft: MessageDraft): void {
  const { tokens } = place;
  const first = tokens.next();
  const name = tokens.takeWord("the name of the oneof");
  const fieldNames: string[] = [];
  const options: IdlOption[] = [];
  const open = tokens.block(`oneof ${name.text}`, () => {
    if (tokens.tryTake(";")) return;
    if (tokens.isNext("option")) {
      options.push(parseOptionStatement(tokens));
      return;
    }
    const field = parseField({ ...place, oneof: name.text });
    draft.fields.push(field);
    fieldNames.push(field.name);
  });
  draft.oneofs.push({
    name: name.text,
    fullName: joinName(draft.fullName, name.text),
    at: { line: name.line, column: name.column },
    docs: first.leading || open.trailing,
    options,
    fieldNames,
  });
}
