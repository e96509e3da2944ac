import { describe, expect, it } from "vitest";
import { createMessageType } from "./dynamic-type.js";
import { messageFromJson, messageFromJsonText, messageToJson, messageToJsonText } from "./json.js";
import type { FieldInfo, MessageType, ScalarType } from "./message-type.js";

const scalar = (name: string, number: number, type: ScalarType, label: FieldInfo["label"] = "optional"): FieldInfo => ({
  name,
  number,
  label,
  packed: false,
  kind: "scalar",
  scalar: type,
});
const color = { typeName: "t.Color", valueByName: { RED: 1, BLUE: 2 }, nameByValue: { 1: "RED", 2: "BLUE" } };
const Item: MessageType = createMessageType("t.Item", [
  scalar("price", 1, "int64", "required"),
  { name: "sub", number: 2, label: "repeated", packed: false, kind: "message", type: () => Item },
]);
const All: MessageType = createMessageType("t.All", [
  scalar("i32", 1, "int32"),
  scalar("u32", 2, "uint32"),
  scalar("i64", 3, "int64"),
  scalar("u64", 4, "uint64"),
  scalar("d", 5, "double"),
  scalar("f", 6, "float"),
  scalar("ok", 7, "bool"),
  scalar("s", 8, "string"),
  scalar("raw", 9, "bytes"),
  { name: "color", number: 10, label: "optional", packed: false, kind: "enum", type: () => color },
  { name: "items", number: 11, label: "repeated", packed: false, kind: "message", type: () => Item },
  scalar("list", 12, "uint64", "repeated"),
  scalar("zero", 13, "int32", "implicit"),
  { name: "mood", number: 14, label: "implicit", packed: false, kind: "enum", type: () => color },
]);
const empty = { items: [], list: [], zero: 0, mood: 0 };

describe("messageToJsonText", () => {
  it.each<[string, unknown, string]>([
    ["nothing set", {}, "{}"],
    ["zero values of proto3 and empty lists", { zero: 0, mood: 0, list: [], items: [] }, "{}"],
    [
      "integers up to 2^53 bare",
      { i64: -(2n ** 53n), u64: 2n ** 53n },
      '{"i64":-9007199254740992,"u64":9007199254740992}',
    ],
    [
      "integers beyond 2^53 as text",
      { i64: -(2n ** 53n) - 1n, u64: 2n ** 64n - 1n },
      '{"i64":"-9007199254740993","u64":"18446744073709551615"}',
    ],
    ["bytes", { raw: Uint8Array.of(0, 255, 16) }, '{"raw":"AP8Q"}'],
    ["enum as number", { color: 2 }, '{"color":2}'],
    ["unnamed enum number", { color: 77 }, '{"color":77}'],
    ["text beyond ASCII", { s: '航班"\n\0' }, '{"s":"航班\\"\\n\\u0000"}'],
    ["nested", { items: [{ price: 1n, sub: [{ price: 2n }] }] }, '{"items":[{"price":1,"sub":[{"price":2}]}]}'],
    [
      "numbers and bool",
      { i32: -1, u32: 4294967295, d: 0.5, f: 1.5, ok: false },
      '{"i32":-1,"u32":4294967295,"d":0.5,"f":1.5,"ok":false}',
    ],
  ])("writes %s", (_name, message, text) => {
    expect(messageToJsonText(All, message)).toBe(text);
  });

  it.each<[string, unknown, string]>([
    ["NaN", { d: Number.NaN }, "$.d must be a finite number, found number NaN"],
    ["infinity inside", { items: [{ price: 1n }], f: Number.NEGATIVE_INFINITY }, "$.f must be a finite number"],
    ["wrong type", { s: 5 }, "$.s must be a string, found number 5"],
    ["lone surrogate", { s: "a\ud800" }, "$.s must be a string of whole Unicode characters"],
    ["bytes as text", { raw: "AA==" }, "$.raw must be a Uint8Array, found string"],
    ["out of range", { list: [1n, 2n ** 64n] }, "$.list[1] must be an integer from 0 to 18446744073709551615"],
    ["no list", { items: {} }, "$.items must be an array, found object"],
    ["no message", { items: [5] }, "$.items[0] must be a t.Item message, found number 5"],
    ["no boolean", { ok: 1 }, "$.ok must be a boolean"],
    ["nothing at all", undefined, "$ must be a t.All message, found undefined"],
  ])("refuses %s", (_name, message, text) => {
    expect(() => messageToJson(All, message)).toThrow(text);
  });

  it("names the path of a missing required field", () => {
    expect(() => messageToJson(All, { items: [{ price: 1n }, {}] })).toThrow(
      "required field $.items[1].price is not set",
    );
  });

  it("ends on a message that contains itself", () => {
    const loop = { price: 1n, sub: [] as unknown[] };
    loop.sub.push(loop);
    expect(() => messageToJson(Item, loop)).toThrow("nested at most 100 levels deep");
  });
});

describe("messageFromJson", () => {
  it.each<[string, unknown, unknown]>([
    ["an empty object", {}, empty],
    ["null as unset", { s: null, items: null, zero: null, mood: null }, empty],
    [
      "64-bit integers from text",
      { i64: "-9223372036854775808", u64: "18446744073709551615" },
      { ...empty, i64: -(2n ** 63n), u64: 2n ** 64n - 1n },
    ],
    ["64-bit integers from numbers and bigints", { i64: -5, list: [1, 2n] }, { ...empty, i64: -5n, list: [1n, 2n] }],
    ["enum by name and number", { color: "BLUE", mood: 1 }, { ...empty, color: 2, mood: 1 }],
    ["bytes", { raw: "AP8Q" }, { ...empty, raw: Uint8Array.of(0, 255, 16) }],
    [
      "nested",
      { items: [{ price: 1, sub: [{ price: "2" }] }] },
      { ...empty, items: [{ price: 1n, sub: [{ price: 2n, sub: [] }] }] },
    ],
    ["integer for a double", { d: 5, f: -3 }, { ...empty, d: 5, f: -3 }],
    ["minus zero for an integer", { i32: -0 }, { ...empty, i32: 0 }],
  ])("reads %s", (_name, json, message) => {
    expect(messageFromJson(All, json)).toEqual(message);
  });

  it.each<[string, unknown, string]>([
    ["unknown key", { nope: 1 }, "$.nope must be absent: t.All has no such field"],
    [
      "unknown key inside",
      { items: [{ price: 1, nope: 1 }] },
      "$.items[0].nope must be absent: t.Item has no such field",
    ],
    ["misspelt required field", { items: [{ prise: 1 }] }, "t.Item has no such field, but price, sub"],
    ["key every object inherits", { constructor: 1 }, "$.constructor must be absent"],
    ["null in a list", { list: [1, null] }, "$.list[1] must be an integer"],
    ["array at the top", [], "$ must be an object, found array"],
    ["text for a message", { items: ["a"] }, "$.items[0] must be an object, found string"],
    ["object for a list", { list: {} }, "$.list must be an array, found object"],
    ["number beyond 2^53 that lost digits", { u64: 2 ** 64 - 1 }, "beyond 2^53 as decimal string"],
    [
      "text for a 32-bit integer",
      { i32: "5" },
      "$.i32 must be an integer from -2147483648 to 2147483647, found string",
    ],
    ["32-bit overflow", { i32: 2147483648 }, "$.i32 must be an integer"],
    ["negative unsigned", { u32: -1 }, "$.u32 must be an integer from 0 to 4294967295"],
    ["fraction", { i64: 1.5 }, "$.i64 must be an integer"],
    ["text with blanks", { i64: " 5" }, "$.i64 must be an integer"],
    ["empty text for an integer", { i64: "" }, "$.i64 must be an integer"],
    ["64-bit overflow", { i64: "9223372036854775808" }, "$.i64 must be an integer from -9223372036854775808"],
    ["unknown enum name", { color: "PINK" }, "$.color must be a value of enum t.Color by name or number"],
    ["inherited enum name", { color: "toString" }, "$.color must be a value of enum"],
    ["unknown enum number", { color: 77 }, "$.color must be a value of enum"],
    ["bad base64", { raw: "A" }, "$.raw must be base64 text with padding"],
    ["no text for bytes", { raw: 5 }, "$.raw must be base64 text with padding"],
    ["text for bool", { ok: "true" }, "$.ok must be a boolean"],
    ["text for double", { d: "NaN" }, "$.d must be a finite number, found string"],
    ["infinity", { d: Number.POSITIVE_INFINITY }, "$.d must be a finite number"],
    ["float overflow", { f: 1e39 }, "$.f must be a finite number"],
    ["lone surrogate", { s: "\udc00" }, "$.s must be a string of whole Unicode characters"],
  ])("refuses %s", (_name, json, text) => {
    expect(() => messageFromJson(All, json)).toThrow(text);
    expect(() => messageFromJson(All, json)).toThrow(expect.objectContaining({ reason: "PROTO_JSON_INVALID" }));
  });

  it("names the path of a missing required field", () => {
    expect(() => messageFromJson(All, { items: [{ price: null }] })).toThrow(
      expect.objectContaining({ reason: "PROTO_REQUIRED_FIELD_MISSING", details: { field: "$.items[0].price" } }),
    );
  });
});

describe("messageFromJsonText", () => {
  it("reads integers beyond 2^53 exactly", () => {
    expect(
      messageFromJsonText(All, '{"u64":18446744073709551615,"i64":-9007199254740993,"d":9007199254740993}'),
    ).toEqual({
      ...empty,
      u64: 18446744073709551615n,
      i64: -9007199254740993n,
      d: 9007199254740992,
    });
  });

  it("refuses text that is no JSON, and depth beyond the limit", () => {
    expect(() => messageFromJsonText(All, "{")).toThrow(expect.objectContaining({ reason: "PROTO_JSON_TEXT_INVALID" }));
    expect(() => messageFromJsonText(All, '{"items":[{}]}', { maxDepth: 2 })).toThrow("nested deeper than 2 levels");
  });

  it("refuses a number too long for any integer", () => {
    expect(() => messageFromJsonText(All, `{"u64":${"9".repeat(100)}}`)).toThrow("$.u64 must be an integer");
  });
});
