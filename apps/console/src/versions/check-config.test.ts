import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkConfigText } from "./check-config.js";

const found = (text: string, language = "typescript") =>
  checkConfigText(text, language).map((p) => `${p.line}:${p.column} ${p.rule} ${p.severity}`);

describe("checkConfigText", () => {
  it.each([
    ["nothing", "", []],
    ["comments and blank lines", "# a\n  ; b\n\n", []],
    ["a good config", "[SRPC]\nlisten=1/tcp\nprocnum = 2 ; two\n[LOG]\nLevel=info\n[COLOR]\nFieldName0=a\n", []],
    ["sections of the author", "[MINE]\nanything goes=1\n[Mine]\nx=#\n", []],
    ["a comment sign inside a value", "[MINE]\nurl=http://x/#top\n", []],
    ["quotes", '[MINE]\na="x # y; \\" z" # told\n', []],
    ["windows line ends", "[LOG]\r\nLevel=DEBUG\r\n", []],
    ["a missing bracket", "[SRPC\n", ["1:1 CONFIG_BRACKET error"]],
    ["an empty name", "[ ]\n", ["1:1 CONFIG_SECTION_NAME error"]],
    ["text after a section", "[A] b\n", ["1:1 CONFIG_LINE error"]],
    ["a section twice", "[A]\n[B]\n [A]\n", ["3:2 CONFIG_SECTION_REPEATED error"]],
    ["a line that is neither", "[A]\nhello\n", ["2:1 CONFIG_LINE error"]],
    ["a key without a name", "[A]\n =1\n", ["2:2 CONFIG_KEY_NAME error"]],
    ["an open quote", '[A]\nb="x\n', ["2:1 CONFIG_QUOTE error"]],
    ["text after a quote", '[A]\nb="x" y\n', ["2:1 CONFIG_QUOTE error"]],
    ["a key twice", "[A]\nb=1\nb=2\n", ["3:1 CONFIG_KEY_REPEATED warning"]],
    ["the same key in two sections", "[A]\nb=1\n[B]\nb=2\n", []],
    ["a key before any section", "a=1\n", ["1:1 CONFIG_NO_SECTION warning"]],
    ["an unknown key", "[SRPC]\nListen=1\n", ["2:1 CONFIG_KEY_UNKNOWN warning"]],
    ["an unknown colour key", "[COLOR]\nField=1\n", ["2:1 CONFIG_KEY_UNKNOWN warning"]],
    ["an unknown level", "[LOG]\nLevel = LOUD\n", ["2:9 CONFIG_LEVEL error"]],
    ["no level", "[LOG]\nLevel=\n", ["2:7 CONFIG_LEVEL error"]],
    ["a number that is none", "[SRPC]\nprocnum=two\n", ["2:9 CONFIG_NUMBER error"]],
    ["a number out of range", "[SRPC]\nprocnum=513\n", ["2:9 CONFIG_NUMBER error"]],
    ["a key of the old frameworks", "[SRPC]\nshmsize=16\n", ["2:1 CONFIG_KEY_NO_EFFECT warning"]],
  ])("%s", (_, text, problems) => {
    expect(found(text)).toEqual(problems);
  });

  it("knows the keys of the old frameworks in their languages", () => {
    expect(found("[SRPC]\nshmsize=16\nmodule=./msec.so\n", "c++")).toEqual([]);
  });

  it("suggests the right case", () => {
    expect(checkConfigText("[LOG]\nlevel=INFO", "typescript")[0]?.message).toContain("did you mean Level?");
  });

  it("never throws, and its places are inside the text", () => {
    const line = fc.oneof(
      fc.constantFrom("[SRPC]", "[LOG", "listen=1", 'Level="', "#", "; x", "[]", "=", "\r"),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        const text = lines.join("\n");
        const count = text.split("\n").length;
        for (const problem of checkConfigText(text, "typescript")) {
          expect(problem.line).toBeGreaterThanOrEqual(1);
          expect(problem.line).toBeLessThanOrEqual(count);
          expect(problem.column).toBeGreaterThanOrEqual(1);
        }
      }),
    );
  });
});
