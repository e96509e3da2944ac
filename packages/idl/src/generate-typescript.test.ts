import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isAppError } from "@msec/core";
import * as protocol from "@msec/protocol";
import { type FieldInfo, type MessageType, ProtoWriter, type ScalarType, type ServiceType } from "@msec/protocol";
import fc from "fast-check";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { createDynamicTypes } from "./dynamic-types.js";
import { generateTypeScript, tryGeneratedSourceHash } from "./generate/generate-typescript.js";
import { generatedNames } from "./generate/generated-names.js";
import { allMessages, type IdlModel } from "./model.js";
import { parseProto } from "./parse-proto.js";

const goodFolder = join(import.meta.dirname, "testdata/good");
const goldenFolder = join(import.meta.dirname, "testdata/gen");
const options = { importFrom: "@msec/protocol" };

function readModel(fileName: string): IdlModel {
  return parseProto(readFileSync(join(goodFolder, fileName), "utf8"), { fileName }).model;
}

const cases = readdirSync(goodFolder).map((fileName) => {
  const model = readModel(fileName);
  return { fileName, model, text: generateTypeScript(model, options) };
});

/** Runs generated text and gives its exports. */
function run(text: string): Record<string, unknown> {
  const module = ts.ModuleKind.CommonJS;
  const { outputText } = ts.transpileModule(text, { compilerOptions: { module, target: ts.ScriptTarget.ES2023 } });
  const exports: Record<string, unknown> = {};
  new Function("require", "exports", outputText)(() => protocol, exports);
  return exports;
}

/** Both implementations of each message of a file. */
function pairs(model: IdlModel, text: string): { name: string; generated: MessageType; dynamic: MessageType }[] {
  const exported = run(text);
  const dynamic = createDynamicTypes(model).messages;
  return allMessages(model).map(({ fullName }) => {
    const name = generatedNames(model).typeNames.get(fullName) as string;
    return { name, generated: exported[name] as MessageType, dynamic: dynamic.get(fullName) as MessageType };
  });
}

const int32 = fc.integer();
const uint32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const uint64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const scalarValues: Record<ScalarType, fc.Arbitrary<unknown>> = {
  double: fc.double(),
  float: fc.float(),
  int32,
  sint32: int32,
  sfixed32: int32,
  uint32,
  fixed32: uint32,
  int64,
  sint64: int64,
  sfixed64: int64,
  uint64,
  fixed64: uint64,
  bool: fc.boolean(),
  string: fc.oneof(fc.string({ unit: "binary" }), fc.string({ minLength: 100, maxLength: 300 })),
  bytes: fc.uint8Array({ maxLength: 200 }),
};

function fieldValue(field: FieldInfo, depth: number): fc.Arbitrary<unknown> {
  if (field.kind === "scalar") return scalarValues[field.scalar];
  return field.kind === "message" ? messageValue(field.type(), depth - 1) : int32;
}

/** Values of a message with sub-messages down to `depth`. */
function messageValue(type: MessageType, depth: number): fc.Arbitrary<Record<string, unknown>> {
  const fields = type.fields.filter(({ kind, label }) => depth > 0 || kind !== "message" || label === "required");
  const entries = fields.map((field) => {
    const value = fieldValue(field, depth);
    return [field.name, field.label === "repeated" ? fc.array(value, { maxLength: 3 }) : value] as const;
  });
  const requiredKeys = fields.filter(({ label }) => label === "required").map(({ name }) => name);
  return fc.record(Object.fromEntries(entries), { requiredKeys });
}

function encode(type: MessageType, message: unknown): Uint8Array {
  const writer = new ProtoWriter();
  type.encode(message, writer);
  return writer.finish();
}

/** The result, or reason and details of the error. */
function outcome(action: () => unknown): unknown {
  try {
    return action();
  } catch (error) {
    expect(isAppError(error)).toBe(true);
    const { reason, details } = error as { reason: string; details: unknown };
    return { reason, details };
  }
}

describe.each(cases)("$fileName", ({ model, text, fileName }) => {
  const types = pairs(model, text);

  it("writes and reads what the run-time types write and read", () => {
    for (const { generated, dynamic } of types) {
      const property = fc.property(messageValue(dynamic, 2), (message) => {
        const bytes = encode(generated, message);
        expect(bytes).toEqual(encode(dynamic, message));
        expect(generated.decode(bytes)).toEqual(dynamic.decode(bytes));
        expect(encode(generated, generated.decode(bytes))).toEqual(encode(dynamic, dynamic.decode(bytes)));
      });
      fc.assert(property, { numRuns: 60 });
    }
  });

  it("refuses and accepts the same bytes as the run-time types", () => {
    for (const { generated, dynamic } of types) {
      const tags = dynamic.fields.flatMap(({ number }) => [0, 1, 2, 5].map((type) => [number * 8 + type]));
      const piece = fc.oneof(fc.constantFrom(...tags, [0]), fc.array(fc.nat(255), { maxLength: 9 }));
      const bytes = fc
        .array(piece, { maxLength: 6 })
        .map((parts) => new ProtoWriter().raw(Uint8Array.from(parts.flat())));
      const property = fc.property(bytes, (writer) => {
        const input = writer.finish();
        expect(outcome(() => generated.decode(input))).toEqual(outcome(() => dynamic.decode(input)));
      });
      fc.assert(property, { numRuns: 100 });
    }
  });

  it("refuses the same values as the run-time types", () => {
    for (const { generated, dynamic } of types) {
      const wrong = fc.constantFrom<unknown>(null, "x", 1.5, 2 ** 40, -1n, {}, [], [1], true, undefined);
      const names = fc.constantFrom("none", ...dynamic.fields.map(({ name }) => name));
      const property = fc.property(messageValue(dynamic, 1), names, wrong, (message, name, value) => {
        const changed = { ...message, [name]: value };
        expect(outcome(() => encode(generated, changed))).toEqual(outcome(() => encode(dynamic, changed)));
      });
      fc.assert(property, { numRuns: 60 });
      expect(outcome(() => encode(generated, null))).toEqual(outcome(() => encode(dynamic, null)));
    }
  });

  it("describes its fields and services as the run-time types do", () => {
    for (const { generated, dynamic } of types) {
      expect(generated.typeName).toBe(dynamic.typeName);
      expect(generated.fields.map(plainField)).toEqual(dynamic.fields.map(plainField));
    }
    const exported = run(text);
    for (const [fullName, service] of createDynamicTypes(model).services) {
      const generated = exported[generatedNames(model).typeNames.get(fullName) as string];
      expect(plainService(generated as ServiceType)).toEqual(plainService(service));
    }
  });

  it("is made the same again and tells its source", () => {
    expect(generateTypeScript(readModel(fileName), options)).toBe(text);
    expect(tryGeneratedSourceHash(text)).toMatch(/^[0-9a-f]{64}$/);
  });
});

function plainField(field: FieldInfo): unknown {
  if (field.kind === "scalar") return field;
  const type = field.type();
  return { ...field, type: "fields" in type ? type.typeName : type };
}

function plainService(service: ServiceType): unknown {
  const methods = Object.entries(service.methods).map(([key, { input, output, ...rest }]) => {
    return [key, { ...rest, input: input.typeName, output: output.typeName }];
  });
  return { typeName: service.typeName, methods };
}

/** One compiler run over all texts, as strict as it gets. */
function compile(texts: ReadonlyMap<string, string>): string[] {
  const compilerOptions: ts.CompilerOptions = {
    strict: true,
    noUncheckedIndexedAccess: true,
    exactOptionalPropertyTypes: true,
    noUnusedLocals: true,
    noUnusedParameters: true,
    noImplicitReturns: true,
    noFallthroughCasesInSwitch: true,
    noPropertyAccessFromIndexSignature: true,
    isolatedModules: true,
    verbatimModuleSyntax: true,
    erasableSyntaxOnly: true,
    skipLibCheck: true,
    declaration: true,
    noEmit: true,
    target: ts.ScriptTarget.ES2023,
    module: ts.ModuleKind.NodeNext,
    types: ["node"],
    customConditions: ["msec-source"],
  };
  const host = ts.createCompilerHost(compilerOptions);
  const readSource = host.getSourceFile.bind(host);
  host.fileExists = (path) => texts.has(path) || ts.sys.fileExists(path);
  host.getSourceFile = (path, languageVersion) => {
    const text = texts.get(path);
    return text === undefined ? readSource(path, languageVersion) : ts.createSourceFile(path, text, languageVersion);
  };
  const program = ts.createProgram([...texts.keys()], compilerOptions, host);
  const sources = program.getSourceFiles().filter((source) => texts.has(source.fileName));
  expect(sources.length).toBe(texts.size);
  const diagnostics = sources.flatMap((source) => ts.getPreEmitDiagnostics(program, source));
  return diagnostics.map(({ file, start, messageText }) => {
    const line = file?.getLineAndCharacterOfPosition(start ?? 0).line ?? 0;
    return `${file?.fileName}:${line + 1} ${ts.flattenDiagnosticMessageText(messageText, "\n")}`;
  });
}

it("generates what the strictest compiler accepts", () => {
  const path = (fileName: string) => join(import.meta.dirname, `virtual-${fileName.replace(".proto", ".gen.ts")}`);
  expect(compile(new Map(cases.map(({ fileName, text }) => [path(fileName), text])))).toEqual([]);
}, 60_000);

describe("golden files", () => {
  it.each(["flight", "crawl", "names"])("%s", (name) => {
    const text = generateTypeScript(readModel(`${name}.proto`), options);
    const path = join(goldenFolder, `${name}.gen.ts`);
    if (process.env.UPDATE_GOLDEN) writeFileSync(path, text);
    expect(text).toBe(readFileSync(path, "utf8"));
  });
});

describe("a message without fields", () => {
  it("is written without any, and what was read can be written", () => {
    const { text } = cases.find(({ fileName }) => fileName === "proto3-all.proto") ?? { text: "" };
    expect(text).toMatch(/^export type Empty = \{\};$/m);
    expect(text).toMatch(/^export interface EmptyInit \{\n {2}readonly \[field: string\]: never;\n\}$/m);
  });
});
