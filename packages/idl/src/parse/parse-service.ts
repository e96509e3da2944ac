import type { IdlOption } from "../model.js";
import { didYouMean } from "../suggest.js";
import { parseTypeName } from "./parse-field.js";
import { parseOptionStatement } from "./parse-options.js";
import { joinName, type Place } from "./place.js";
import type { MethodSyntax, ServiceSyntax, TypeName } from "./syntax-tree.js";
import type { TokenStream } from "./token-stream.js";

/** `service Name { rpc … }` */
export function parseService(place: Place): ServiceSyntax {
  const { tokens } = place;
  const first = tokens.next();
  const name = tokens.takeWord("the name of the service");
  const fullName = joinName(place.scope, name.text);
  const methods: MethodSyntax[] = [];
  const options: IdlOption[] = [];
  const open = tokens.block(`service ${name.text}`, () => {
    if (tokens.tryTake(";")) return;
    if (tokens.isNext("option")) options.push(parseOptionStatement(tokens));
    else methods.push(parseMethod(tokens, fullName));
  });
  const at = { line: name.line, column: name.column };
  return { name: name.text, fullName, at, docs: first.leading || open.trailing, options, methods };
}

/** `rpc Name(In) returns (Out);` or with `{ option … }`. */
function parseMethod(tokens: TokenStream, service: string): MethodSyntax {
  const first = tokens.peek();
  if (!tokens.tryTake("rpc")) {
    const hint = didYouMean(first.text, ["rpc", "option"]);
    tokens.fail(first, "IDL_SYNTAX", `"rpc" expected in a service, found ${tokens.found()}${hint}`);
  }
  const name = tokens.takeWord("the name of the method");
  const input = parseMethodType(tokens, `after the method's name ${name.text}`);
  tokens.take("returns", `after the input of method ${name.text}`);
  const output = parseMethodType(tokens, `after "returns"`);
  const options: IdlOption[] = [];
  const end = parseMethodEnd(tokens, name.text, options);
  return {
    name: name.text,
    fullName: `${service}.${name.text}`,
    at: { line: name.line, column: name.column },
    docs: first.leading || end,
    options,
    input,
    output,
  };
}

function parseMethodType(tokens: TokenStream, where: string): TypeName {
  tokens.take("(", where);
  if (tokens.isNext("stream") && !tokens.isNext(")", 1) && !tokens.isNext(".", 1)) {
    const hint = "use one request and one response, for example with repeated fields and a page number";
    tokens.problems.error(tokens.next(), "IDL_STREAM_NOT_SUPPORTED", `streaming methods are not supported; ${hint}`);
  }
  const type = parseTypeName(tokens, "the name of a message");
  tokens.take(")", `after the message's name ${type.text}`);
  return type;
}

/** @returns the comment behind */
function parseMethodEnd(tokens: TokenStream, name: string, options: IdlOption[]): string {
  if (!tokens.isNext("{")) return tokens.takeSemicolon(`after method ${name}`).trailing;
  const open = tokens.block(`method ${name}`, () => {
    if (tokens.tryTake(";")) return;
    if (tokens.isNext("option")) options.push(parseOptionStatement(tokens));
    else tokens.fail(tokens.peek(), "IDL_SYNTAX", `an option expected in method ${name}, found ${tokens.found()}`);
  });
  tokens.tryTake(";");
  return open.trailing;
}
