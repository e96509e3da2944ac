import type { MethodModel, ServiceModel } from "../model.js";
import { docComment, quote } from "./code-text.js";
import type { GenerateContext } from "./generate-context.js";

/** The service with its methods; `as const satisfies` keeps each method's own message types. */
export function serviceCode(service: ServiceModel, context: GenerateContext): string[] {
  const methods = service.methods.flatMap((method) => methodCode(method, context));
  return [
    ...docComment(service.docs),
    `export const ${context.typeName(service.fullName)} = {`,
    `  typeName: ${quote(service.fullName)},`,
    ...(methods.length === 0 ? ["  methods: {},"] : ["  methods: {", ...methods, "  },"]),
    `} as const satisfies ${context.useType("ServiceType")};`,
    "",
  ];
}

function methodCode(method: MethodModel, context: GenerateContext): string[] {
  return [
    ...docComment(method.docs, "    "),
    `    ${method.name}: {`,
    `      name: ${quote(method.name)},`,
    `      fullName: ${quote(method.fullName)},`,
    `      input: ${context.typeName(method.inputType)},`,
    `      output: ${context.typeName(method.outputType)},`,
    `      isIdempotent: ${method.isIdempotent},`,
    "    },",
  ];
}
