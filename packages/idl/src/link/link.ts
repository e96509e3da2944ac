/** Makes the model from the syntax tree: types are resolved, labels settled, rules checked. */

import type { EnumModel, IdlModel, MessageModel, MethodModel, ServiceModel } from "../model.js";
import type { FileSyntax, MessageSyntax, MethodSyntax, ServiceSyntax, TypeName } from "../parse/syntax-tree.js";
import type { ProblemList } from "../problem.js";
import { declareNames } from "./check-names.js";
import { checkEnumNumbers, checkFieldNumbers } from "./check-numbers.js";
import type { LinkContext } from "./link-context.js";
import { isScalarName, linkField } from "./link-field.js";
import { checkOptions, findOption, wordOf } from "./option-values.js";
import { checkRequiredRecursion } from "./required-recursion.js";
import { SymbolTable } from "./symbol-table.js";

export function linkFile(
  file: FileSyntax,
  origin: { fileName: string; source: string },
  problems: ProblemList,
): IdlModel {
  const symbols = new SymbolTable(problems);
  declareNames(file, symbols, problems);
  const enums = [...file.enums, ...file.messages.flatMap(enumsInside)];
  const context: LinkContext = {
    syntax: file.syntax,
    symbols,
    problems,
    enums: new Map(enums.map((type) => [type.fullName, type])),
  };
  checkOptions("file", file.options, problems);
  for (const type of enums) checkEnum(type, context);
  const messages = file.messages.map((message) => linkMessage(message, context));
  const services = file.services.map((service) => linkService(service, context));
  checkRequiredRecursion(messages, problems);
  const { syntax, packageName, docs, options } = file;
  return { ...origin, syntax, packageName, docs, options, messages, enums: file.enums, services };
}

function enumsInside(message: MessageSyntax): EnumModel[] {
  return [...message.enums, ...message.messages.flatMap(enumsInside)];
}

function checkEnum(type: EnumModel, { syntax, problems }: LinkContext): void {
  checkOptions("enum", type.options, problems);
  for (const value of type.values) checkOptions("enum value", value.options, problems);
  checkEnumNumbers(type, syntax, problems);
}

function linkMessage(message: MessageSyntax, context: LinkContext): MessageModel {
  checkOptions("message", message.options, context.problems);
  checkFieldNumbers(message, context.problems);
  for (const oneof of message.oneofs) {
    checkOptions("oneof", oneof.options, context.problems);
    if (oneof.fieldNames.length > 0) continue;
    context.problems.error(oneof.at, "IDL_ONEOF_EMPTY", `oneof ${oneof.name} has no field`);
  }
  return {
    ...message,
    kind: "message",
    fields: message.fields.flatMap((field) => linkField(field, message.fullName, context) ?? []),
    messages: message.messages.map((inner) => linkMessage(inner, context)),
  };
}

function linkService(service: ServiceSyntax, context: LinkContext): ServiceModel {
  checkOptions("service", service.options, context.problems);
  const methods = service.methods.map((method) => linkMethod(method, service.fullName, context));
  return { ...service, kind: "service", methods };
}

function linkMethod(method: MethodSyntax, scope: string, context: LinkContext): MethodModel {
  const { input, output, ...declaration } = method;
  checkOptions("method", method.options, context.problems);
  const level = wordOf(findOption(method.options, "idempotency_level"));
  return {
    ...declaration,
    inputType: linkMessageName(input, scope, context),
    outputType: linkMessageName(output, scope, context),
    isIdempotent: level === "IDEMPOTENT" || level === "NO_SIDE_EFFECTS",
  };
}

function linkMessageName(name: TypeName, scope: string, { symbols, problems }: LinkContext): string {
  if (isScalarName(name.text)) {
    problems.error(
      name.at,
      "IDL_NOT_A_MESSAGE",
      `${name.text} is no message, wrap it: message Name { … ${name.text} … }`,
    );
    return name.text;
  }
  const found = symbols.resolveType(name, scope);
  if (found?.kind === "enum") {
    problems.error(name.at, "IDL_NOT_A_MESSAGE", `${name.text} is an enum, a method takes and gives messages`);
  }
  return found?.fullName ?? name.text;
}
