/** What is asked of our column in each scenario, and where it is missed. The same rule for all scenarios. */
import type { Cell } from "./cell.js";

const FAILED_POINTS = 0.1;
const P99_RATIO = 1.1;
/** Two runs of `random` that differ in its dice alone: their p99s differ by 0.4 % (standard deviation of one). */
const RANDOM_P99_RATIO = 1.01;
const RESTORE_SEC = 10;

export interface Bar {
  readonly scenario: string;
  /** `failed`, `p99`: against the best other column; `random`: both against random; `restore`. */
  readonly bar: "failed" | "p99" | "random failed" | "random p99" | "restore";
  readonly ours: number | null;
  readonly allowed: number;
  /** The column that sets it. */
  readonly against: string;
  readonly isMet: boolean;
}

/** @param cells all columns; bars against columns that were not run are left out */
export function barsOf(cells: readonly Cell[], ownName: string): readonly Bar[] {
  return cells
    .filter((cell) => cell.policy === ownName)
    .flatMap((own) => {
      const others = cells.filter((cell) => cell.scenario === own.scenario && cell.policy !== ownName);
      return [...againstBest(own, others), ...againstRandom(own, others), ...restoreBar(own)];
    });
}

function againstBest(own: Cell, others: readonly Cell[]): Bar[] {
  const [first, ...rest] = others;
  if (first === undefined) return [];
  const lowest = (figure: "failedPercent" | "p99Ms"): Cell =>
    rest.reduce((best, cell) => (cell[figure] < best[figure] ? cell : best), first);
  const failed = lowest("failedPercent");
  const p99 = lowest("p99Ms");
  return [
    bar(own, "failed", {
      ours: own.failedPercent,
      allowed: failed.failedPercent + FAILED_POINTS,
      against: failed.policy,
    }),
    bar(own, "p99", { ours: own.p99Ms, allowed: p99.p99Ms * P99_RATIO, against: p99.policy }),
  ];
}

/** Never worse, as far as two runs of the same policy can be told apart. */
function againstRandom(own: Cell, others: readonly Cell[]): Bar[] {
  const random = others.find((cell) => cell.policy === "random");
  if (random === undefined) return [];
  const { failedPercent, p99Ms, policy: against } = random;
  return [
    bar(own, "random failed", { ours: own.failedPercent, allowed: failedPercent + FAILED_POINTS, against }),
    bar(own, "random p99", { ours: own.p99Ms, allowed: p99Ms * RANDOM_P99_RATIO, against }),
  ];
}

function restoreBar(own: Cell): Bar[] {
  const { restoredSec } = own;
  if (restoredSec === undefined) return [];
  return [bar(own, "restore", { ours: restoredSec, allowed: RESTORE_SEC, against: "" })];
}

function bar(own: Cell, name: Bar["bar"], facts: Pick<Bar, "ours" | "allowed" | "against">): Bar {
  const allowed = Math.round(facts.allowed * 1_000) / 1_000;
  const isMet = facts.ours !== null && facts.ours <= allowed;
  return { scenario: own.scenario, bar: name, ...facts, allowed, isMet };
}
