import { RangeInvalid } from "./errors.js";

const MAX_RANGE_MS = 400 * 86_400_000;
const HOUR_MS = 3_600_000;

export interface QueryRange {
  readonly fromMs: number;
  readonly toMs: number;
}

/** @throws {RangeInvalid} */
export function checkRange({ fromMs, toMs }: QueryRange): QueryRange {
  if (fromMs >= toMs) throw new RangeInvalid({ field: "query.fromMs", problem: "must be less than toMs", limit: toMs });
  if (toMs - fromMs > MAX_RANGE_MS) {
    const limit = toMs - MAX_RANGE_MS;
    throw new RangeInvalid({
      field: "query.fromMs",
      problem: "is too early for this toMs (400 days), at least",
      limit,
    });
  }
  return { fromMs, toMs };
}

/** A range that may be open: at its end it goes on to now, at its start `openMs` further back. @throws {RangeInvalid} */
export function openRange(
  range: { readonly fromMs?: number | undefined; readonly toMs?: number | undefined },
  nowMs: number,
  openMs = HOUR_MS,
): QueryRange {
  // Clocks of machines may be ahead a little.
  const toMs = range.toMs ?? Math.max(nowMs, range.fromMs ?? 0) + 60_000;
  const fromMs = range.fromMs ?? Math.max(0, toMs - openMs);
  if (fromMs >= toMs) throw new RangeInvalid({ field: "query.fromMs", problem: "must be less than toMs", limit: toMs });
  return { fromMs, toMs };
}
