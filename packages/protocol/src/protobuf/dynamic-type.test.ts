import { describe, expect, it } from "vitest";
import { createMessageType } from "./dynamic-type.js";
import type { FieldInfo, MessageType, ScalarType } from "./message-type.js";
import { ProtoWriter } from "./writer.js";

const scalar = (name: string, number: number, type: ScalarType, label: FieldInfo["label"] = "optional"): FieldInfo => ({
  name,
  number,
  label,
  packed: false,
  kind: "scalar",
  scalar: type,
});

function encode(type: MessageType, message: unknown): string {
  const writer = new ProtoWriter();
  type.encode(message, writer);
  return Buffer.from(writer.view()).toString("hex");
}
const decode = (type: MessageType, hex: string): unknown => type.decode(Uint8Array.from(Buffer.from(hex, "hex")));

const Node: MessageType = createMessageType("t.Node", [
  { name: "next", number: 2, label: "optional", packed: false, kind: "message", type: () => Node },
  scalar("id", 1, "int32", "required"),
]);
const Lists = createMessageType("t.Lists", [
  { ...scalar("plain", 1, "int32", "repeated"), packed: false },
  { ...scalar("packed", 2, "sint32", "repeated"), packed: true },
  { ...scalar("texts", 3, "string", "repeated"), packed: true },
]);
const Implicit = createMessageType("t.Implicit", [
  scalar("n", 1, "int32", "implicit"),
  scalar("d", 2, "double", "implicit"),
  scalar("s", 3, "string", "implicit"),
  scalar("b", 4, "bytes", "implicit"),
  scalar("f", 5, "bool", "implicit"),
  scalar("l", 6, "int64", "implicit"),
  { name: "m", number: 7, label: "implicit", packed: false, kind: "message", type: () => Node },
]);

describe("createMessageType", () => {
  it("keeps fields in number order", () => {
    expect(Node.fields.map((field) => field.name)).toEqual(["id", "next"]);
  });

  it.each<[string, MessageType, unknown, string]>([
    ["required and nested", Node, { id: 1, next: { id: -1 } }, "0801120b08ffffffffffffffffff01"],
    [
      "unpacked and packed lists",
      Lists,
      { plain: [1, 2], packed: [-1, 1], texts: ["a", ""] },
      "0801080212020102" + "1a01611a00",
    ],
    ["empty lists", Lists, { plain: [], packed: [], texts: [] }, ""],
    ["proto3 zeros are not written", Implicit, { n: 0, d: 0, s: "", b: new Uint8Array(0), f: false, l: 0n }, ""],
    [
      "proto3 values",
      Implicit,
      { n: 1, d: 0.5, s: "a", b: Uint8Array.of(9), f: true, l: -1n, m: { id: 0 } },
      "080111000000000000e03f1a01612201092801" + "30ffffffffffffffffff013a020800",
    ],
  ])("encodes and decodes %s", (_name, type, message, hex) => {
    expect(encode(type, message)).toBe(hex);
    expect(decode(type, hex)).toEqual(message);
  });

  it("writes minus zero, whose bits are not zero", () => {
    expect(encode(Implicit, { d: -0 })).toBe("110000000000000080");
  });

  it("reads either form of a list, whatever is declared", () => {
    expect(decode(Lists, "0a020102" + "1001" + "120101")).toEqual({ plain: [1, 2], packed: [-1, -1], texts: [] });
  });

  it("lets the last of repeated singular fields count", () => {
    expect(decode(Node, "080112020802" + "12020803" + "0804")).toEqual({ id: 4, next: { id: 3 } });
  });

  it("skips unknown fields and other wire types", () => {
    expect(decode(Node, "08010d00000000" + "1205" + "0801f80105")).toEqual({ id: 1, next: { id: 1 } });
  });

  it("does not take inherited properties for fields", () => {
    const Odd = createMessageType("t.Odd", [
      scalar("constructor", 1, "string"),
      scalar("toString", 2, "int32", "required"),
    ]);
    expect(() => encode(Odd, {})).toThrow("required field t.Odd.toString is not set");
    expect(() => decode(Odd, "")).toThrow("required field t.Odd.toString is not set");
  });

  it.each<[string, MessageType, unknown, string]>([
    ["missing required", Node, {}, "required field t.Node.id is not set"],
    ["missing required inside", Node, { id: 1, next: {} }, "required field t.Node.id is not set"],
    [
      "text for a number",
      Node,
      { id: "1" },
      "field t.Node.id must be an integer from -2147483648 to 2147483647, found string",
    ],
    ["fraction", Node, { id: 1.5 }, "found number 1.5"],
    ["null", Node, { id: null }, "found null"],
    ["scalar for a message", Node, { id: 1, next: 5 }, "field t.Node.next must be a message object, found number 5"],
    ["array for a message", Node, { id: 1, next: [] }, "found array"],
    ["scalar for a list", Lists, { plain: 5 }, "field t.Lists.plain must be an array, found number 5"],
    ["hole in a list", Lists, { plain: [undefined] }, "found undefined"],
    ["wrong item of a packed list", Lists, { packed: [2 ** 31] }, "field t.Lists.packed must be an integer"],
    ["no message at all", Node, undefined, "field t.Node must be a message object"],
  ])("refuses to encode: %s", (_name, type, message, text) => {
    expect(() => encode(type, message)).toThrow(text);
  });

  it("refuses a message that contains itself, with the writer usable afterwards", () => {
    const loop: { id: number; next?: unknown } = { id: 1 };
    loop.next = loop;
    expect(() => encode(Node, loop)).toThrow("nested at most 100 levels deep");
  });

  it("refuses bytes nested too deep", () => {
    let hex = "0801";
    for (let i = 0; i < 101; i++) {
      const size = hex.length / 2;
      const prefix = size < 128 ? Buffer.of(0x12, size) : Buffer.of(0x12, (size & 127) | 128, size >> 7);
      hex = `0801${prefix.toString("hex")}${hex}`;
    }
    expect(() => decode(Node, hex)).toThrow("nested deeper than 100 levels");
  });

  it.each(["0a", "0801120508", "0801ff"])("refuses malformed bytes %s", (hex) => {
    expect(() => decode(Node, hex)).toThrow(expect.objectContaining({ reason: "PROTO_MESSAGE_MALFORMED" }));
  });

  it("uses decode of a sub-type that has no read", () => {
    const Plain: MessageType = {
      typeName: Node.typeName,
      fields: Node.fields,
      encode: Node.encode,
      decode: Node.decode,
    };
    const Outer = createMessageType("t.Outer", [
      { name: "node", number: 1, label: "optional", packed: false, kind: "message", type: () => Plain },
    ]);
    expect(decode(Outer, "0a020805")).toEqual({ node: { id: 5 } });
  });

  it("keeps enum numbers without a name", () => {
    const Colored = createMessageType("t.Colored", [
      {
        name: "color",
        number: 1,
        label: "repeated",
        packed: true,
        kind: "enum",
        type: () => ({ typeName: "t.Color", valueByName: { RED: 1 }, nameByValue: { 1: "RED" } }),
      },
    ]);
    expect(decode(Colored, encode(Colored, { color: [1, 77] }))).toEqual({ color: [1, 77] });
  });
});
