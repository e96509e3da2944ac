import type { ScalarType } from "@msec/protocol";
import type { FieldDefault, FieldModel, FieldTypeModel, IdlOption } from "../model.js";
import type { FieldSyntax } from "../parse/syntax-tree.js";
import { didYouMean } from "../suggest.js";
import { tryDefaultValue } from "./default-value.js";
import type { LinkContext } from "./link-context.js";
import { boolOption, checkOptions, findOption, wordOf } from "./option-values.js";

const scalars: ReadonlySet<string> = new Set<ScalarType>([
  "double",
  "float",
  "int32",
  "int64",
  "uint32",
  "uint64",
  "sint32",
  "sint64",
  "fixed32",
  "fixed64",
  "sfixed32",
  "sfixed64",
  "bool",
  "string",
  "bytes",
]);

export function isScalarName(text: string): text is ScalarType {
  return scalars.has(text);
}

/** `undefined` when its type is not known; the problem is noted. */
export function linkField(field: FieldSyntax, scope: string, context: LinkContext): FieldModel | undefined {
  checkOptions("field", field.options, context.problems);
  const label = linkLabel(field, context);
  const type = linkType(field, scope, context);
  if (!type) return undefined;
  const { label: _written, numberAt: _at, typeName: _name, ...rest } = field;
  const isPresenceless = label === "implicit" && type.kind !== "message";
  const linked = {
    ...rest,
    type,
    label: isPresenceless || label !== "implicit" ? label : "optional",
    packed: isPacked({ field, type }, context),
    isDeprecated: boolOption(field.options, "deprecated") ?? false,
  } as const;
  const defaultValue = linkDefault(field, type, context);
  return defaultValue === undefined ? linked : { ...linked, defaultValue };
}

function linkLabel(field: FieldSyntax, { syntax, problems }: LinkContext): FieldModel["label"] {
  if (field.label !== "none") return field.label;
  if (field.oneof !== undefined) return "optional";
  if (syntax === "proto3") return "implicit";
  const hint = `write "optional" in front, or "required" or "repeated"`;
  problems.error(field.typeName.at, "IDL_LABEL_MISSING", `field ${field.name} has no label; ${hint}`);
  return "optional";
}

function linkType(field: FieldSyntax, scope: string, { symbols }: LinkContext): FieldTypeModel | undefined {
  const { text } = field.typeName;
  if (isScalarName(text)) return { kind: "scalar", scalar: text };
  const found = symbols.resolveType(field.typeName, scope);
  if (!found) return undefined;
  return found.kind === "enum"
    ? { kind: "enum", fullName: found.fullName }
    : { kind: "message", fullName: found.fullName };
}

interface TypedField {
  readonly field: FieldSyntax;
  readonly type: FieldTypeModel;
}

function isPacked({ field, type }: TypedField, { syntax, problems }: LinkContext): boolean {
  const option = findOption(field.options, "packed");
  const isScalar = type.kind === "scalar" && type.scalar !== "string" && type.scalar !== "bytes";
  const isPackable = field.label === "repeated" && (isScalar || type.kind === "enum");
  if (option && !isPackable) {
    problems.error(option.at, "IDL_PACKED", `packed is for repeated numbers, bools and enums, not for ${field.name}`);
  }
  return isPackable && (boolOption(field.options, "packed") ?? syntax === "proto3");
}

function linkDefault(field: FieldSyntax, type: FieldTypeModel, context: LinkContext): FieldDefault | undefined {
  const option = findOption(field.options, "default");
  if (!option) return undefined;
  const refusal = refuseDefault(field, type, context);
  if (refusal !== undefined) {
    context.problems.error(option.at, "IDL_DEFAULT", refusal);
    return undefined;
  }
  if (type.kind === "enum") return enumDefault({ field, type }, option, context);
  const value = type.kind === "scalar" ? tryDefaultValue(type.scalar, option.value) : undefined;
  if (value === undefined) {
    context.problems.error(
      option.at,
      "IDL_DEFAULT",
      `the default of ${field.name} does not fit ${field.typeName.text}`,
    );
  }
  return value;
}

function refuseDefault(field: FieldSyntax, type: FieldTypeModel, { syntax }: LinkContext): string | undefined {
  if (syntax === "proto3") return `proto3 has no defaults; remove the one of ${field.name}`;
  if (field.label === "repeated") return `a repeated field has no default; remove the one of ${field.name}`;
  return type.kind === "message" ? `a message field has no default; remove the one of ${field.name}` : undefined;
}

function enumDefault(typed: TypedField, option: IdlOption, { enums, problems }: LinkContext): number | undefined {
  const values = typed.type.kind === "enum" ? (enums.get(typed.type.fullName)?.values ?? []) : [];
  const word = wordOf(option);
  const value = values.find(({ name }) => name === word);
  if (value) return value.number;
  const hint = didYouMean(
    word ?? "",
    values.map(({ name }) => name),
  );
  const text = `the default of ${typed.field.name} must be a value of ${typed.field.typeName.text}${hint}`;
  problems.error(option.at, "IDL_DEFAULT", text);
  return undefined;
}
