import { expect, it } from "vitest";
import { compareCells, filterRows, toCsv } from "./table-data.js";

const columns = [
  { title: "Name", text: (row: { name: string; size: number | null }) => row.name },
  { title: "Size", text: (row: { name: string; size: number | null }) => row.size },
];

it("sorts numbers by value, ids naturally, nothing last", () => {
  expect([10, 9, 100].sort(compareCells)).toEqual([9, 10, 100]);
  expect(["r-10", "r-9", null, "r-1"].sort(compareCells)).toEqual(["r-1", "r-9", "r-10", null]);
});

it("finds rows that have all words, in any cell and case", () => {
  const rows = [
    { name: "Flight web", size: 1 },
    { name: "flight db", size: 12 },
  ];
  expect(filterRows(rows, columns, " FLIGHT 12 ")).toEqual([rows[1]]);
  expect(filterRows(rows, columns, "")).toBe(rows);
});

it("quotes what needs it and disarms formulas", () => {
  const rows = [
    { name: 'a "b", c', size: null },
    { name: "=1+1", size: -3 },
  ];
  expect(toCsv(rows, columns)).toBe('Name,Size\r\n"a ""b"", c",\r\n\'=1+1,-3');
});
