/** Difference of two texts by lines, for a view side by side. Pure. */

export interface DiffRow {
  readonly kind: "same" | "changed" | "added" | "removed";
  readonly left?: { readonly line: number; readonly text: string };
  readonly right?: { readonly line: number; readonly text: string };
}

type Edit = { readonly kind: "same" | "added" | "removed"; readonly left: number; readonly right: number };

/** Rows of both texts; a run of removed lines beside a run of added ones is paired as changed. */
export function diffLines(leftText: string, rightText: string): DiffRow[] {
  const left = splitLines(leftText);
  const right = splitLines(rightText);
  const rows: DiffRow[] = [];
  let removed: number[] = [];
  let added: number[] = [];
  const side = (lines: readonly string[], index: number) => ({ line: index + 1, text: lines[index] ?? "" });
  const flush = () => {
    for (let i = 0; i < Math.max(removed.length, added.length); i++) {
      const from = removed[i];
      const to = added[i];
      if (from !== undefined && to !== undefined)
        rows.push({ kind: "changed", left: side(left, from), right: side(right, to) });
      else if (from !== undefined) rows.push({ kind: "removed", left: side(left, from) });
      else if (to !== undefined) rows.push({ kind: "added", right: side(right, to) });
    }
    removed = [];
    added = [];
  };
  for (const edit of shortestEdits(left, right)) {
    if (edit.kind === "removed") removed.push(edit.left);
    else if (edit.kind === "added") added.push(edit.right);
    else {
      flush();
      rows.push({ kind: "same", left: side(left, edit.left), right: side(right, edit.right) });
    }
  }
  flush();
  return rows;
}

/** Where two versions of a line differ: lengths of the common beginning and end. */
export function changedSpan(a: string, b: string): { readonly head: number; readonly tail: number } {
  const most = Math.min(a.length, b.length);
  let head = 0;
  while (head < most && a[head] === b[head]) head += 1;
  let tail = 0;
  while (tail < most - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail += 1;
  return { head, tail };
}

function splitLines(text: string): string[] {
  const lines = text.split(/\r?\n/);
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

/** Beyond this many changed lines a shortest difference is neither quick nor readable; all lines count as changed then. */
const MAX_EDITS = 1500;

type Frontier = ReadonlyMap<number, number>;

/** Myers' greedy algorithm: O((n + m) · d) time, a copy of the frontier per step. */
function shortestEdits(left: readonly string[], right: readonly string[]): Edit[] {
  const frontiers = walkForward(left, right);
  if (!frontiers) return allChanged(left, right);
  const edits: Edit[] = [];
  let at = { x: left.length, y: right.length };
  for (let d = frontiers.length - 1; d > 0; d--) at = stepBack(frontiers[d], at, d, edits);
  while (at.x > 0 && at.y > 0) {
    at = { x: at.x - 1, y: at.y - 1 };
    edits.push({ kind: "same", left: at.x, right: at.y });
  }
  return edits.reverse();
}

interface Point {
  readonly x: number;
  readonly y: number;
}

/** Undoes the equal lines and the one edit of step `d`. */
function stepBack(frontier: Frontier | undefined, from: Point, d: number, edits: Edit[]): Point {
  const k = from.x - from.y;
  const down = goesDown(frontier, k, d);
  const startX = frontier?.get(down ? k + 1 : k - 1) ?? 0;
  const startY = startX - (down ? k + 1 : k - 1);
  let { x, y } = from;
  while (x > startX && y > startY) edits.push({ kind: "same", left: --x, right: --y });
  edits.push(down ? { kind: "added", left: x, right: startY } : { kind: "removed", left: startX, right: y });
  return { x: startX, y: startY };
}

function allChanged(left: readonly string[], right: readonly string[]): Edit[] {
  return [
    ...left.map((_, index) => ({ kind: "removed" as const, left: index, right: 0 })),
    ...right.map((_, index) => ({ kind: "added" as const, left: left.length, right: index })),
  ];
}

/** The frontier as it was before each step, up to the step that reaches both ends; undefined when that is too far. */
function walkForward(left: readonly string[], right: readonly string[]): Frontier[] | undefined {
  const frontiers: Frontier[] = [];
  const frontier = new Map<number, number>();
  for (let d = 0; d <= Math.min(left.length + right.length, MAX_EDITS); d++) {
    frontiers.push(new Map(frontier));
    for (let k = -d; k <= d; k += 2) {
      const x = slide(left, right, k, d === 0 ? 0 : stepX(frontier, k, d));
      frontier.set(k, x);
      if (x >= left.length && x - k >= right.length) return frontiers;
    }
  }
  return undefined;
}

/** Follows equal lines along diagonal `k`. */
function slide(left: readonly string[], right: readonly string[], k: number, fromX: number): number {
  let x = fromX;
  while (x < left.length && x - k < right.length && left[x] === right[x - k]) x += 1;
  return x;
}

function stepX(frontier: Frontier, k: number, d: number): number {
  return goesDown(frontier, k, d) ? (frontier.get(k + 1) ?? 0) : (frontier.get(k - 1) ?? 0) + 1;
}

function goesDown(frontier: Frontier | undefined, k: number, d: number): boolean {
  return k === -d || (k !== d && (frontier?.get(k - 1) ?? -1) < (frontier?.get(k + 1) ?? -1));
}
