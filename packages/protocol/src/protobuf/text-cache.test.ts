import { describe, expect, it } from "vitest";
import { ProtoReader } from "./reader.js";
import { TextCache, TextFieldCache } from "./text-cache.js";
import { ProtoWriter } from "./writer.js";

const field = (text: string): Uint8Array => new ProtoWriter().string(text).finish();

describe("TextCache", () => {
  it("gives the right text whatever came before", () => {
    const cache = new TextCache();
    const texts = [
      "",
      "abc",
      "abc",
      "abd",
      "xbc",
      "abcd",
      "abcdefgh",
      "abcdefgx",
      "",
      "航班",
      "航班",
      "x".repeat(300),
      "x".repeat(300),
      "abc",
    ];
    for (const text of texts) {
      const bytes = field(text);
      const reader = new ProtoReader(bytes);
      expect(cache.read(reader)).toBe(text);
      expect(reader.pos).toBe(bytes.length);
    }
  });

  it("checks the end also for the text it knows", () => {
    const cache = new TextCache();
    const bytes = field("abc");
    cache.read(new ProtoReader(bytes));
    expect(() => cache.read(new ProtoReader(bytes, 0, 3))).toThrow(
      expect.objectContaining({ reason: "PROTO_MESSAGE_MALFORMED" }),
    );
    expect(() => cache.read(new ProtoReader(bytes.slice(0, 3)))).toThrow(
      expect.objectContaining({ reason: "PROTO_MESSAGE_MALFORMED" }),
    );
  });
});

describe("TextFieldCache", () => {
  it("writes tag, length and text, whatever came before", () => {
    const cache = new TextFieldCache(0x19a);
    for (const text of ["", "", "abc", "abc", "航班", "abc", "x".repeat(300), "x".repeat(300)]) {
      const writer = new ProtoWriter(2);
      cache.write(writer, text);
      expect(writer.finish()).toEqual(new ProtoWriter().uint32(0x19a).string(text).finish());
    }
  });
});
