import fc from "fast-check";
import { expect, it } from "vitest";
import { changedSpan, type DiffRow, diffLines } from "./diff-lines.js";

const kinds = (rows: readonly DiffRow[]) => rows.map((row) => row.kind);
const lines = fc.array(fc.constantFrom("a", "b", "c", ""), { maxLength: 12 });

it("finds nothing between equal texts", () => {
  expect(kinds(diffLines("a\nb\n", "a\r\nb"))).toEqual(["same", "same"]);
  expect(diffLines("", "")).toEqual([]);
});

it("pairs a changed line and keeps line numbers of both sides", () => {
  const rows = diffLines("[SRPC]\nprocnum=1\n[LOG]", "[SRPC]\nprocnum=2\nextra=1\n[LOG]");
  expect(kinds(rows)).toEqual(["same", "changed", "added", "same"]);
  expect(rows[3]).toEqual({ kind: "same", left: { line: 3, text: "[LOG]" }, right: { line: 4, text: "[LOG]" } });
});

it("gives both texts back for any two texts, and equal lines on `same` rows", () => {
  fc.assert(
    fc.property(lines, lines, (left, right) => {
      const rows = diffLines(left.map((line) => `${line};`).join("\n"), right.map((line) => `${line};`).join("\n"));
      expect(rows.flatMap((row) => row.left?.text ?? [])).toEqual(left.map((line) => `${line};`));
      expect(rows.flatMap((row) => row.right?.text ?? [])).toEqual(right.map((line) => `${line};`));
      for (const row of rows.filter((each) => each.kind === "same")) expect(row.left?.text).toBe(row.right?.text);
    }),
  );
});

it("tells which part of a line changed", () => {
  expect(changedSpan("procnum = 12", "procnum = 22")).toEqual({ head: 10, tail: 1 });
  expect(changedSpan("aa", "aaa")).toEqual({ head: 2, tail: 0 });
});

it("stays quick when nothing is alike", () => {
  const left = Array.from({ length: 4000 }, (_, index) => `left ${index}`).join("\n");
  const right = Array.from({ length: 4000 }, (_, index) => `right ${index}`).join("\n");
  expect(diffLines(left, right).filter((row) => row.kind === "changed")).toHaveLength(4000);
});
