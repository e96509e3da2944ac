/** docs/guide/what-happens-when.md promises nothing that no test shows. */
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const PAGE = "docs/guide/what-happens-when.md";
const EVIDENCE = /<!-- test: (\S+) › (.+?) -->/g;

/** Paragraphs and list items; headings promise nothing. */
const blocks = readFileSync(PAGE, "utf8")
  .split(/\n\n+|\n(?=- )/)
  .map((block) => block.trim().replaceAll("\n", " "))
  .filter((block) => block !== "" && !block.startsWith("#"));
/** Each with what follows it: the text, then its evidence. */
const parts = blocks.flatMap((block) =>
  [...block.matchAll(/((?:(?!<!--).)+)((?:<!--.*?-->\s*)*)/g)].map(([, text = "", evidence = ""]) => ({
    text: text.replace(/^- /, "").trim(),
    tests: [...evidence.matchAll(EVIDENCE)].map(([, file = "", name = ""]) => ({ file, name })),
  })),
);

function problemOf({ file, name }: { readonly file: string; readonly name: string }): string | undefined {
  if (!existsSync(file)) return `${file} does not exist`;
  const isThere = ['"', "'", "`"].some((quote) => readFileSync(file, "utf8").includes(`(${quote}${name}${quote},`));
  return isThere || isWrapped(file, name) ? undefined : `${file} has no test ${JSON.stringify(name)}`;
}

/** The formatter puts long names on a line of their own. */
function isWrapped(file: string, name: string): boolean {
  return readFileSync(file, "utf8")
    .split("\n")
    .some((line) => ['"', "'", "`"].some((quote) => line.trim() === `${quote}${name}${quote},`));
}

describe("each sentence of the page", () => {
  it("is followed by a test that exists", () => {
    expect(parts.filter(({ tests }) => tests.length === 0).map(({ text }) => text)).toEqual([]);
    expect(parts.flatMap(({ tests }) => tests.flatMap((test) => problemOf(test) ?? []))).toEqual([]);
    expect(parts.length).toBeGreaterThan(50);
  });

  it("stands alone: one sentence for each piece of evidence", () => {
    const withoutCode = (text: string): string => text.replace(/`[^`]*`|\[[^\]]*\]\([^)]*\)/g, "x");
    expect(parts.filter(({ text }) => /[.!?]\s+\S/.test(withoutCode(text))).map(({ text }) => text)).toEqual([]);
  });
});
