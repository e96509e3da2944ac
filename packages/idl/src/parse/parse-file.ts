import { didYouMean } from "../suggest.js";
import { parseEnum } from "./parse-enum.js";
import { parseTypeName } from "./parse-field.js";
import { parseMessage, refuseExtend } from "./parse-message.js";
import { parseOptionStatement } from "./parse-options.js";
import { parseService } from "./parse-service.js";
import type { Place } from "./place.js";
import type { FileSyntax } from "./syntax-tree.js";
import type { TokenStream } from "./token-stream.js";

type Statement = (tokens: TokenStream, file: FileSyntax) => void;

const place = (tokens: TokenStream, file: FileSyntax): Place => ({
  tokens,
  syntax: file.syntax,
  scope: file.packageName,
});

const statements: Readonly<Record<string, Statement>> = {
  syntax: parseLateSyntax,
  edition: refuseEdition,
  package: parsePackage,
  import: refuseImport,
  option: (tokens, file) => void file.options.push(parseOptionStatement(tokens)),
  message: (tokens, file) => void file.messages.push(parseMessage(place(tokens, file))),
  enum: (tokens, file) => void file.enums.push(parseEnum(place(tokens, file))),
  service: (tokens, file) => void file.services.push(parseService(place(tokens, file))),
  extend: (tokens) => refuseExtend(tokens, tokens.peek()),
};

/** Reads a whole file. Problems go to the stream's list; what could be read is returned. */
export function parseFile(tokens: TokenStream): FileSyntax {
  const file: FileSyntax = {
    syntax: "proto2",
    packageName: "",
    docs: fileDocs(tokens),
    options: [],
    messages: [],
    enums: [],
    services: [],
  };
  if (tokens.isNext("syntax")) tokens.attempt(() => parseSyntax(tokens, file));
  findPackage(tokens, file);
  while (!tokens.isAtEnd) {
    if (tokens.isNext("}")) tokens.problems.error(tokens.next(), "IDL_SYNTAX", `"}" without an open block`);
    else tokens.attempt(() => parseStatement(tokens, file));
  }
  return file;
}

/** The comment above the first statement, unless that is a declaration with a comment of its own. */
function fileDocs(tokens: TokenStream): string {
  return /^(syntax|package|option)$/.test(tokens.peek().text) ? tokens.peek().leading : "";
}

/** Names need the package even when its statement stands further down, as protobuf allows. */
function findPackage(tokens: TokenStream, file: FileSyntax): void {
  let depth = 0;
  for (let i = 0; tokens.peek(i).kind !== "end"; i++) {
    if (tokens.isNext("{", i)) depth++;
    if (tokens.isNext("}", i)) depth--;
    if (depth !== 0 || !tokens.isNext("package", i) || (i > 0 && !/^[;}]$/.test(tokens.peek(i - 1).text))) continue;
    let name = "";
    for (let j = i + 1; tokens.peek(j).kind === "word" || tokens.isNext(".", j); j++) name += tokens.peek(j).text;
    file.packageName = name;
    return;
  }
}

function parseStatement(tokens: TokenStream, file: FileSyntax): void {
  if (tokens.tryTake(";")) return;
  const token = tokens.peek();
  const statement = token.kind === "word" && Object.hasOwn(statements, token.text) ? statements[token.text] : undefined;
  if (statement) {
    statement(tokens, file);
    return;
  }
  if (/^(required|optional|repeated)$/.test(token.text)) {
    const why = `a field stands inside a message; is there a "}" too many above?`;
    tokens.fail(token, "IDL_SYNTAX", `${token.text}: ${why}`);
  }
  const hint = didYouMean(token.text, Object.keys(statements));
  tokens.fail(token, "IDL_SYNTAX", `${tokens.found()} does not start a statement${hint}`);
}

function parseSyntax(tokens: TokenStream, file: FileSyntax): void {
  tokens.next();
  tokens.take("=", `after "syntax"`);
  const token = tokens.next();
  const version = new TextDecoder().decode(token.bytes);
  if (version === "proto2" || version === "proto3") file.syntax = version;
  else tokens.problems.error(token, "IDL_SYNTAX_VERSION", `syntax is "proto2" or "proto3", found ${token.text}`);
  tokens.takeSemicolon("after syntax");
}

function parseLateSyntax(tokens: TokenStream): void {
  tokens.fail(tokens.peek(), "IDL_SYNTAX_VERSION", "syntax must be the first statement, and there is one");
}

function refuseEdition(tokens: TokenStream): void {
  const hint = `write syntax = "proto2" or "proto3"`;
  tokens.fail(tokens.peek(), "IDL_SYNTAX_VERSION", `editions are not supported; ${hint}`);
}

function parsePackage(tokens: TokenStream, file: FileSyntax): void {
  const token = tokens.next();
  parseTypeName(tokens, "the name of the package");
  tokens.takeSemicolon("after package");
  if (file.packageAt) {
    const first = `line ${file.packageAt.line}`;
    tokens.problems.error(token, "IDL_PACKAGE_DUPLICATE", `the package is declared already in ${first}`);
  } else {
    file.packageAt = { line: token.line, column: token.column };
  }
}

function refuseImport(tokens: TokenStream): void {
  const at = tokens.next();
  const kind = tokens.tryTake("public") ?? tokens.tryTake("weak");
  const file = tokens.peek().kind === "string" ? tokens.peek().text : "a file";
  const what = kind ? `${kind.text} import` : "import";
  const hint = "copy the messages that are needed into this file";
  tokens.fail(at, "IDL_IMPORT_NOT_SUPPORTED", `${what} of ${file} is not supported; ${hint}`);
}
