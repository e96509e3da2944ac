import { describe, expect, it } from "vitest";
import { TextCache, TextFieldCache } from "./text-cache.js";
import { ProtoWriter } from "./writer.js";

const utf8 = new TextEncoder();

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
      const bytes = utf8.encode(`<${text}>`);
      expect(cache.read(bytes, 1, bytes.length - 1)).toBe(text);
    }
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
