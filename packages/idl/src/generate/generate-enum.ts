import type { EnumModel, EnumValueModel } from "../model.js";
import { docComment, quote } from "./code-text.js";
import type { GenerateContext } from "./generate-context.js";

/** A table of the values, the union of their numbers, and the names both ways. */
export function enumCode(type: EnumModel, context: GenerateContext): string[] {
  const name = context.typeName(type.fullName);
  const values = type.values.flatMap((value) => [...docComment(value.docs, "  "), `  ${value.name}: ${value.number},`]);
  return [
    ...docComment(type.docs),
    `export const ${name} = {`,
    ...values,
    "} as const;",
    `export type ${name} = (typeof ${name})[keyof typeof ${name}];`,
    "",
    `const ${name}$type: ${context.useType("EnumType")} = {`,
    `  typeName: ${quote(type.fullName)},`,
    `  valueByName: ${name},`,
    `  nameByValue: { ${firstNames(type.values).join(", ")} },`,
    "};",
    "",
  ];
}

/** Of several names of one number the first is its name. */
function firstNames(values: readonly EnumValueModel[]): string[] {
  const first = new Map<number, string>();
  for (const { name, number } of values) if (!first.has(number)) first.set(number, name);
  return [...first].map(([number, name]) => `${number < 0 ? `[${number}]` : number}: ${quote(name)}`);
}
