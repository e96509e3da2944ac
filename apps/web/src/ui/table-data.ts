/** Sorting, searching and exporting of tables, from one text per cell. */

export type CellText = string | number | null;

export interface TextColumn<T> {
  readonly title: string;
  /** The cell as plain text or number: what is sorted, searched, filtered and exported. */
  readonly text: (row: T) => CellText;
}

/** Numbers by value, texts by natural order (`r-9` before `r-10`), nothing last. */
export function compareCells(a: CellText, b: CellText): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
  if (typeof a === "number" && typeof b === "number") return a - b;
  return String(a).localeCompare(String(b), "en", { numeric: true, sensitivity: "base" });
}

/** Rows that have all words of `search` in some cell. */
export function filterRows<T>(rows: readonly T[], columns: readonly TextColumn<T>[], search: string): readonly T[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return rows;
  return rows.filter((row) => {
    const line = columns
      .map((column) => String(column.text(row) ?? ""))
      .join(" ")
      .toLowerCase();
    return words.every((word) => line.includes(word));
  });
}

/** CSV of RFC 4180; cells that a spreadsheet would run as a formula get a leading quote. */
export function toCsv<T>(rows: readonly T[], columns: readonly TextColumn<T>[]): string {
  const lines = [columns.map((column) => csvCell(column.title))];
  for (const row of rows) lines.push(columns.map((column) => csvCell(column.text(row))));
  return lines.map((line) => line.join(",")).join("\r\n");
}

function csvCell(cell: CellText): string {
  if (cell === null) return "";
  if (typeof cell === "number") return String(cell);
  const safe = /^[=+\-@\t]/.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
