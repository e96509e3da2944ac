import { describe, expect, it } from "vitest";
import { parseJsonText } from "./json-text.js";

describe("parseJsonText", () => {
  it.each<[string, unknown]>([
    ["null", null],
    [" true ", true],
    ["\t\r\nfalse", false],
    ["-0.5e+3", -500],
    ["0", 0],
    ["9007199254740991", 9007199254740991],
    ["9007199254740993", 9007199254740993n],
    ["-9223372036854775808", -9223372036854775808n],
    ["18446744073709551615", 18446744073709551615n],
    ["1e400", Number.POSITIVE_INFINITY],
    [`1${"0".repeat(50)}`, 1e50],
    ['""', ""],
    ['"航班 \\"x\\" \\u00e9\\n"', '航班 "x" é\n'],
    ["[]", []],
    ['[1,[2,{}],"a"]', [1, [2, {}], "a"]],
    ['{ "a" : 1 , "b" : [ ] }', { a: 1, b: [] }],
  ])("reads %s", (text, want) => {
    expect(parseJsonText(text)).toEqual(want);
  });

  it("takes no key for special", () => {
    const value = parseJsonText('{"__proto__":{"polluted":true},"constructor":1}') as Record<string, unknown>;
    expect(Object.keys(value)).toEqual(["__proto__", "constructor"]);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it.each([
    ["", 0, "it ends too early"],
    ["  ", 2, "it ends too early"],
    ["nul", 0, "an unexpected character"],
    ["tru e", 0, "an unexpected character"],
    ["fals", 0, "an unexpected character"],
    ["01", 1, "text after the value"],
    ["1 2", 2, "text after the value"],
    ["-", 0, "an unexpected character"],
    ["+1", 0, "an unexpected character"],
    [".5", 0, "an unexpected character"],
    ["NaN", 0, "an unexpected character"],
    ["'a'", 0, "an unexpected character"],
    ['"a', 2, "an unclosed string or a bare control character"],
    ['"a\nb"', 2, "an unclosed string or a bare control character"],
    ['"a\\', 4, "an unclosed string or a bare control character"],
    ['"\\x"', 0, "an invalid escape"],
    ['"\\u12"', 0, "an invalid escape"],
    ["[1", 2, "a comma or ] is missing"],
    ["[1,]", 3, "an unexpected character"],
    ["[1 2]", 3, "a comma or ] is missing"],
    ["{", 1, "a key in quotes is missing"],
    ["{a:1}", 1, "a key in quotes is missing"],
    ['{"a"}', 4, "a colon is missing"],
    ['{"a":1', 6, "a comma or } is missing"],
    ['{"a":1,}', 7, "a key in quotes is missing"],
    ['{"a":1,"a":2}', 7, "a key comes twice"],
  ])("refuses %j at %i: %s", (text, offset, problem) => {
    expect(() => parseJsonText(text)).toThrow(
      expect.objectContaining({ reason: "PROTO_JSON_TEXT_INVALID", details: { offset, problem } }),
    );
  });

  it("limits the depth", () => {
    expect(parseJsonText("[[1]]", { maxDepth: 2 })).toEqual([[1]]);
    expect(() => parseJsonText("[[1]]", { maxDepth: 1 })).toThrow("nested deeper than 1 levels");
    expect(() => parseJsonText("[".repeat(1_000_000))).toThrow("nested deeper than 100 levels");
  });

  it("limits the number of values, which take far more memory than text", () => {
    expect(parseJsonText('{"a":[1]}', { maxValues: 3 })).toEqual({ a: [1] });
    expect(() => parseJsonText('{"a":[1,2]}', { maxValues: 3 })).toThrow("more than 3 values");
    expect(() => parseJsonText(`[${"0,".repeat(1 << 20)}0]`)).toThrow("more than 1048576 values");
  });
});
