import { describe, expect, it } from "vitest";
import { parseProto } from "../parse-proto.js";
import { compareIdl } from "./compare-idl.js";

/** One message in a service that takes and gives it. */
function idl(body: string, more = ""): string {
  return `package p; message A { ${body} } service S { rpc M(A) returns (A); } ${more}`;
}

function compare(before: string, after: string): string[] {
  const problems = compareIdl(parseProto(before).model, parseProto(after).model);
  return problems.map(({ severity, rule, path }) => `${severity} ${rule} ${path}`);
}

describe("fields", () => {
  it.each([
    { name: "nothing changed", before: "optional int32 a = 1;", after: "optional int32 a = 1;", want: [] },
    { name: "optional added", before: "", after: "optional int32 a = 1; repeated A as = 2;", want: [] },
    { name: "required added", before: "", after: "required int32 a = 1;", want: ["error FIELD_REQUIRED p.A.a"] },
    { name: "optional removed", before: "optional int32 a = 1;", after: "", want: ["warning FIELD_REMOVED p.A.a"] },
    { name: "required removed", before: "required int32 a = 1;", after: "", want: ["error FIELD_REMOVED p.A.a"] },
    {
      name: "renumbered",
      before: "required int32 a = 1;",
      after: "required int32 a = 2;",
      want: ["error FIELD_RENUMBERED p.A.a"],
    },
    {
      name: "renamed",
      before: "optional int32 a = 1;",
      after: "optional int32 b = 1;",
      want: ["warning FIELD_RENAMED p.A.a"],
    },
    {
      name: "wider",
      before: "optional int32 a = 1;",
      after: "optional int64 a = 1;",
      want: ["warning FIELD_TYPE_CHANGED p.A.a"],
    },
    {
      name: "other writing",
      before: "optional int32 a = 1;",
      after: "optional sint32 a = 1;",
      want: ["error FIELD_TYPE_CHANGED p.A.a"],
    },
    {
      name: "message to text",
      before: "optional A a = 1;",
      after: "optional string a = 1;",
      want: ["error FIELD_TYPE_CHANGED p.A.a"],
    },
    {
      name: "text to bytes",
      before: "optional string a = 1;",
      after: "optional bytes a = 1;",
      want: ["warning FIELD_TYPE_CHANGED p.A.a"],
    },
    {
      name: "now required",
      before: "optional int32 a = 1;",
      after: "required int32 a = 1;",
      want: ["error FIELD_REQUIRED p.A.a"],
    },
    {
      name: "not required",
      before: "required int32 a = 1;",
      after: "optional int32 a = 1;",
      want: ["warning FIELD_NOT_REQUIRED p.A.a"],
    },
    {
      name: "repeated",
      before: "optional int32 a = 1;",
      after: "repeated int32 a = 1;",
      want: ["error FIELD_REPEATED_CHANGED p.A.a"],
    },
    {
      name: "packed",
      before: "repeated int32 a = 1;",
      after: "repeated int32 a = 1 [packed=true];",
      want: ["warning FIELD_PACKED_CHANGED p.A.a"],
    },
    {
      name: "default",
      before: "optional int32 a = 1;",
      after: "optional int32 a = 1 [default=3];",
      want: ["warning FIELD_DEFAULT_CHANGED p.A.a"],
    },
    { name: "reused", before: "reserved 1;", after: "optional int32 a = 1;", want: ["error NUMBER_REUSED p.A.a"] },
    { name: "kept away", before: "optional int32 a = 1;", after: "reserved 1;", want: ["warning FIELD_REMOVED p.A.a"] },
  ])("$name", ({ before, after, want }) => {
    expect(compare(idl(before), idl(after))).toEqual(want);
  });

  it("asks to reserve the number of a removed field", () => {
    const before = parseProto(idl("optional int32 a = 7;")).model;
    expect(compareIdl(before, parseProto(idl("")).model)[0]?.message).toContain(`"reserved 7;"`);
    expect(compareIdl(before, parseProto(idl("reserved 7;")).model)[0]?.message).not.toContain("reserved");
  });
});

describe("declarations", () => {
  const old = idl("", "enum E { X = 0; Y = 1; } message Gone {}");
  it.each([
    { name: "same", after: old, want: [] },
    { name: "enum value gone", after: old.replace("Y = 1;", ""), want: ["warning ENUM_VALUE_REMOVED p.E.Y"] },
    { name: "enum value moved", after: old.replace("Y = 1;", "Y = 2;"), want: ["error ENUM_VALUE_RENUMBERED p.E.Y"] },
    { name: "enum gone", after: old.replace("enum E", "enum F"), want: ["warning ENUM_REMOVED p.E"] },
    { name: "message gone", after: old.replace("message Gone {}", ""), want: ["warning MESSAGE_REMOVED p.Gone"] },
    { name: "method renamed", after: old.replace("rpc M", "rpc N"), want: ["error METHOD_REMOVED p.S.M"] },
    { name: "service renamed", after: old.replace("service S", "service T"), want: ["error SERVICE_REMOVED p.S"] },
    { name: "package", after: old.replace("package p", "package q"), want: ["error PACKAGE_CHANGED p"] },
  ])("$name", ({ after, want }) => {
    expect(compare(old, after)).toEqual(want);
  });

  it("compares the messages of a method even when the type has another name", () => {
    const before = "package p; message A { optional int32 a = 1; } service S { rpc M(A) returns (A); }";
    const after = "package p; message B { optional string a = 1; } service S { rpc M(B) returns (B); }";
    expect(compare(before, after)).toEqual(["error FIELD_TYPE_CHANGED p.A.a", "warning MESSAGE_REMOVED p.A"]);
  });

  it("warns when a method may no longer be repeated", () => {
    const option = "{ option idempotency_level = IDEMPOTENT; }";
    const before = `package p; message A {} service S { rpc M(A) returns (A) ${option} }`;
    const after = "package p; message A {} service S { rpc M(A) returns (A); }";
    expect(compare(before, after)).toEqual(["warning METHOD_NOT_IDEMPOTENT p.S.M"]);
  });

  it("ends on recursive messages", () => {
    const before = "message A { optional B b = 1; } message B { optional A a = 1; }";
    const after = "message A { optional A b = 1; } message B { optional B a = 1; }";
    expect(compare(before, after).toSorted()).toEqual(["warning FIELD_RENAMED A.b", "warning FIELD_RENAMED B.a"]);
  });
});
