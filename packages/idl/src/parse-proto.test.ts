import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isAppError } from "@msec/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { IdlInvalid } from "./errors.js";
import { allEnums, allMessages } from "./model.js";
import { checkProto, MAX_IDL_CHARS, parseProto } from "./parse-proto.js";
import { MAX_PROBLEMS } from "./problem.js";
import { IDL_RULES } from "./rules.js";

function readFolder(name: string): { name: string; text: string }[] {
  const folder = join(import.meta.dirname, "testdata", name);
  return readdirSync(folder).map((file) => ({ name: file, text: readFileSync(join(folder, file), "utf8") }));
}

const good = readFolder("good");
const bad = readFolder("bad").map(({ name, text }) => {
  const [source = "", expected = ""] = text.split("----\n");
  return { name, source, expected: expected.trimEnd().split("\n") };
});

function found(text: string, severity: "error" | "warning" | "note"): string[] {
  const { problems } = checkProto(text);
  const chosen = problems.filter((problem) => problem.severity === severity);
  return chosen.map(({ line, column, rule, message }) => `${line}:${column} ${rule} ${message}`);
}

describe("bad inputs", () => {
  it.each(bad)("$name", ({ source, expected }) => {
    expect(found(source, "error")).toEqual(expected);
    expect(checkProto(source).model).toBeUndefined();
  });

  it("has a case for every rule that is an error", () => {
    const seen = new Set(bad.flatMap(({ expected }) => expected.map((line) => line.split(" ")[1])));
    const noErrors =
      /^IDL_(EXTENSIONS_IGNORED|OPTION_UNKNOWN|GENERATED_NAME|PACKAGE_MISSING|SERVICE_.*|GENERIC_SERVICES)$/;
    const missing = Object.keys(IDL_RULES).filter((rule) => !seen.has(rule) && !noErrors.test(rule));
    expect(missing).toEqual([]);
  });

  it("throws one error with every problem, place and rule", () => {
    const text = 'import "a.proto";\nmessage A { string a = 1; }\n';
    const caught = (() => {
      try {
        return parseProto(text, { fileName: "x.proto" });
      } catch (error) {
        return error;
      }
    })();
    expect(caught).toBeInstanceOf(IdlInvalid);
    expect(caught).toMatchObject({
      reason: "IDL_INVALID",
      code: "INVALID_ARGUMENT",
      details: {
        fileName: "x.proto",
        problems: [
          { line: 1, column: 1, severity: "error", rule: "IDL_IMPORT_NOT_SUPPORTED" },
          { line: 2, column: 13, severity: "error", rule: "IDL_LABEL_MISSING" },
        ],
      },
    });
    expect((caught as Error).message).toContain(
      'x.proto is not a valid IDL:\n  1:1 import of "a.proto" is not supported',
    );
  });

  it("refuses a text that is too long", () => {
    expect(found(" ".repeat(MAX_IDL_CHARS + 1), "error")[0]).toContain("IDL_TOO_LARGE");
    expect(found(" ".repeat(MAX_IDL_CHARS), "error")).toEqual([]);
  });

  it("keeps a bounded number of problems", () => {
    expect(checkProto("}\n".repeat(10_000)).problems.length).toBe(MAX_PROBLEMS);
  });
});

/** Each took minutes before its limit. */
describe("large hostile inputs", () => {
  const many = (count: number, line: (i: number) => string) =>
    Array.from({ length: count }, (_, i) => line(i)).join("\n");

  it.each([
    {
      name: "unknown types among many",
      text: many(9_000, (i) => `message Message${i} { optional Messages${i}x a = 1; }`),
    },
    { name: "a long circle", text: many(9_000, (i) => `message M${i} { required M${(i + 1) % 9_000} a = 1; }`) },
    { name: "many reserved numbers", text: `message A { reserved ${many(60_000, (i) => `${i + 1},`)} 70000; }` },
  ])("$name", ({ text }) => {
    expect(checkProto(text).problems.length).toBeGreaterThan(0);
  });
});

describe("good inputs", () => {
  it.each(good)("$name", ({ text }) => {
    expect(found(text, "error")).toEqual([]);
    expect(checkProto(text).model).toBeDefined();
  });

  it("gives places and comments", () => {
    const text = `// Licence.

// First line.
// Second line.
message A { // not this one
  // Above.
  optional string a = 1;
  optional string b = 2; // Behind.

  // Detached.

  optional string c = 3;
  /* Block
   *   with a margin. */
  optional string d = 4;
}
enum E { // E's.
  X = 0; /* zero */
}
`;
    const { model } = parseProto(text);
    const [message] = model.messages;
    expect(message).toMatchObject({ docs: "First line.\nSecond line.", at: { line: 5, column: 9 } });
    expect(message?.fields.map(({ docs }) => docs)).toEqual(["Above.", "Behind.", "", "Block\n  with a margin."]);
    expect(message?.fields[1]?.at).toEqual({ line: 8, column: 19 });
    expect(model.enums[0]).toMatchObject({ docs: "E's.", values: [{ name: "X", number: 0, docs: "zero" }] });
    expect(model.docs).toBe("");
    expect(parseProto("// The file.\npackage p;").model.docs).toBe("The file.");
  });

  it("resolves names from the innermost scope outwards", () => {
    const { model } = parseProto(good.find(({ name }) => name === "scopes.proto")?.text ?? "");
    const user = model.messages.find(({ name }) => name === "User");
    expect(user?.fields.map(({ name, type }) => [name, "fullName" in type ? type.fullName : type.scalar])).toEqual([
      ["nearest", "a.b.User.Thing"],
      ["absolute", "a.b.Thing"],
      ["partial", "a.b.Thing"],
      ["through_message", "a.b.a.Thing"],
      ["Kind", "int32"],
      ["kind", "a.b.Kind"],
    ]);
  });

  it("reads defaults in the type of their field", () => {
    const { model } = parseProto(good.find(({ name }) => name === "proto2-all.proto")?.text ?? "");
    const defaults = model.messages
      .find(({ name }) => name === "Defaults")
      ?.fields.map(({ defaultValue }) => defaultValue);
    const text = 'a"b\nAB中c';
    expect(defaults).toEqual([
      -12,
      255,
      15,
      9007199254740993n,
      1500,
      -Infinity,
      NaN,
      true,
      text,
      Uint8Array.of(0, 255),
      7,
    ]);
  });

  it("settles labels and packing of proto3", () => {
    const { model } = parseProto(good.find(({ name }) => name === "proto3-all.proto")?.text ?? "");
    const fields = new Map(model.messages[0]?.fields.map((field) => [field.name, `${field.label} ${field.packed}`]));
    const chosen = ["an_int32", "state", "inner", "present", "numbers", "loose_numbers", "texts", "states", "word"];
    expect(chosen.map((name) => fields.get(name))).toEqual([
      "implicit false",
      "implicit false",
      "optional false",
      "optional false",
      "repeated true",
      "repeated false",
      "repeated false",
      "repeated true",
      "optional false",
    ]);
  });

  it("lists inner messages and enums behind outer ones", () => {
    const { model } = parseProto("message A { message B { enum E { X = 0; } } } message C {} enum F { Y = 0; }");
    expect(allMessages(model).map(({ fullName }) => fullName)).toEqual(["A", "A.B", "C"]);
    expect(allEnums(model).map(({ fullName }) => fullName)).toEqual(["F", "A.B.E"]);
  });

  it("tells what it ignores and what it names otherwise", () => {
    const text = `option optimise_for = SPEED;
message Foo { optional FooInit a = 1 [(x.y) = 3]; extensions 100 to max; }
message FooInit { optional int32 a = 1 [json_name = "b"]; }
message class {}
`;
    expect(found(text, "warning")).toEqual([
      "2:51 IDL_EXTENSIONS_IGNORED extensions have no effect here: unknown fields are skipped",
    ]);
    expect(found(text, "note")).toEqual([
      "1:8 IDL_OPTION_UNKNOWN file option optimise_for has no effect here, did you mean optimize_for?",
      "2:9 IDL_GENERATED_NAME generated as FooInit_, since FooInit is taken",
      "2:39 IDL_OPTION_UNKNOWN field option (x.y) has no effect here",
      "4:9 IDL_GENERATED_NAME generated as class_, since class is taken",
    ]);
  });
});

describe("any input", () => {
  const pieces = [
    "message",
    "enum",
    "A",
    "B",
    "{",
    "}",
    ";",
    "=",
    "1",
    "[",
    "]",
    "(",
    ")",
    ".",
    "rpc",
    "returns",
    "service",
    "\n",
  ];
  const words = [
    "optional",
    "string",
    "oneof",
    "reserved",
    "to",
    "max",
    "extensions",
    "map",
    "<",
    ">",
    ",",
    "-",
    '"x"',
    "//",
    "/*",
    "*/",
  ];

  it("never throws and always names a place inside the text", () => {
    const soup = fc.array(
      fc.constantFrom(...pieces, ...words, "option", "syntax", "package", "import", "'", "default"),
      { maxLength: 60 },
    );
    const text = fc.oneof(
      soup.map((parts) => parts.join(" ")),
      fc.string({ unit: "binary", maxLength: 100 }),
    );
    fc.assert(
      fc.property(text, (input) => {
        const lines = input.split("\n");
        for (const { line, column } of checkProto(input).problems) {
          expect(line).toBeLessThanOrEqual(lines.length);
          expect(column).toBeLessThanOrEqual((lines[line - 1]?.length ?? 0) + 1);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it("survives any cut and any change of one character of a good file", () => {
    const sources = good.map(({ text }) => text);
    const change = fc.record({
      source: fc.constantFrom(...sources),
      at: fc.nat(3_000),
      char: fc.constantFrom(..."{}[]();=\"'/*.1a "),
    });
    fc.assert(
      fc.property(change, ({ source, at, char }) => {
        for (const text of [source.slice(0, at), source.slice(0, at) + char + source.slice(at + 1)]) {
          const { model, problems } = checkProto(text);
          expect(model === undefined).toBe(problems.some(({ severity }) => severity === "error"));
        }
      }),
      { numRuns: 500 },
    );
  });

  it("throws nothing but an AppError", () => {
    fc.assert(
      fc.property(fc.string(), (input) => {
        try {
          parseProto(input);
        } catch (error) {
          expect(isAppError(error)).toBe(true);
        }
      }),
    );
  });
});
