import { ConfigInvalid, type ConfigProblem, isAppError } from "@msec/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MAX_CONFIG_CHARS, parseConfigIni } from "./config-ini.js";

function problemsOf(text: string): readonly ConfigProblem[] {
  try {
    parseConfigIni(text, "etc/config.ini");
  } catch (error) {
    if (error instanceof ConfigInvalid) return error.details.problems;
  }
  return [];
}

describe("parseConfigIni", () => {
  it.each([
    { name: "plain", line: "key=value", want: "value" },
    { name: "blanks around", line: "  key \t=  some value  ", want: "some value" },
    { name: "comment after a blank", line: "key = value # why", want: "value" },
    { name: "comment with a semicolon", line: "key = value\t; why", want: "value" },
    { name: "# inside a word", line: "key = amqp://host/#queue;x", want: "amqp://host/#queue;x" },
    { name: "equals sign in the value", line: "key = a=b", want: "a=b" },
    { name: "only a comment", line: "key = # nothing", want: undefined },
    { name: "only a comment, no blank", line: "key =# nothing", want: undefined },
    { name: "empty", line: "key =", want: undefined },
    { name: "quoted", line: 'key = "a # b ; c"', want: "a # b ; c" },
    { name: "quoted with blanks", line: 'key = "  a  " ; why', want: "  a  " },
    { name: "escapes", line: 'key = "say \\"hi\\" \\\\o \\n"', want: 'say "hi" \\o \\n' },
    { name: "quotes inside", line: 'key = say "hi"', want: 'say "hi"' },
  ])("reads a value: $name", ({ line, want }) => {
    expect(parseConfigIni(`[S]\n${line}\n`).get("S", "key")).toBe(want);
  });

  it("reads sections, text before them, comments, byte order mark and any line end", () => {
    const ini = parseConfigIni("\uFEFFtop = 1\r\n# c\r; c\n\n[ A ] # first\nk = a\n[B]\nk = b\nK = upper");
    expect(ini.get("", "top")).toBe("1");
    expect([ini.get("A", "k"), ini.get("B", "k"), ini.get("B", "K"), ini.get("a", "k")]).toEqual([
      "a",
      "b",
      "upper",
      undefined,
    ]);
    expect(ini.keys("B")).toEqual(["k", "K"]);
    expect(ini.keys("none")).toEqual([]);
  });

  it("lists every wrong line", () => {
    const text = '[A\nno equals\n[A] x\n[B]\nk = "open\nk = "a" b\n= v\n[B]\n';
    const problems = problemsOf(text);
    expect(problems.map(({ path, message }) => `${path}: ${message}`)).toEqual([
      "etc/config.ini line 1: a section needs its closing ]",
      "etc/config.ini line 2: expected [section] or key = value",
      "etc/config.ini line 3: unexpected text after the section: x",
      'etc/config.ini line 5: a value that begins with " must end with " (inside, write \\" and \\\\)',
      'etc/config.ini line 6: a value that begins with " must end with " (inside, write \\" and \\\\)',
      "etc/config.ini line 7: expected [section] or key = value",
      "etc/config.ini line 8: section [B] is already in line 4; merge the two",
    ]);
  });

  it("takes the first of two values and warns", () => {
    const ini = parseConfigIni("[A]\nk = 1\nk = 2");
    expect(ini.get("A", "k")).toBe("1");
    expect(ini.warnings).toEqual([
      { path: "config.ini line 3", message: "k is given twice in its section; the first value counts" },
    ]);
  });

  it.each([
    { name: "too long", text: "x".repeat(MAX_CONFIG_CHARS + 1) },
    { name: "binary", text: "a = \0" },
  ])("refuses a file that is $name", ({ text }) => {
    expect(() => parseConfigIni(text)).toThrow(ConfigInvalid);
  });

  it("gives back any value that is written in quotes", () => {
    const value = fc.string().map((text) => text.replace(/[\r\n\0]/g, " "));
    fc.assert(
      fc.property(value, (text) => {
        const quoted = `"${text.replace(/["\\]/g, "\\$&")}"`;
        expect(parseConfigIni(`[S]\nk = ${quoted} # c`).get("S", "k") ?? "").toBe(text);
      }),
    );
  });

  it("throws nothing but ConfigInvalid on any text", () => {
    const line = fc.oneof(fc.string(), fc.constantFrom("[", "[A]", "[A", "k=", '"', 'k="', "#", ";", "\\"));
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        const error = (() => {
          try {
            parseConfigIni(lines.join("\n"));
            return undefined;
          } catch (thrown) {
            return thrown;
          }
        })();
        expect(error === undefined || isAppError(error)).toBe(true);
      }),
    );
  });
});
