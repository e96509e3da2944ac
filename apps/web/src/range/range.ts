/**
 * The time range of a page, as it stands in the address:
 * `range=live`, `range=15m` (up to now), or `from=…&to=…` (epoch ms). Live is a range like others.
 */
export type Range =
  | { readonly kind: "live" }
  | { readonly kind: "last"; readonly name: LastName }
  | { readonly kind: "fixed"; readonly fromMs: number; readonly toMs: number };

export interface Window {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Ranges that end now, by the name in the address. */
export const LAST_RANGES = {
  "15m": 15 * 60_000,
  "1h": 3_600_000,
  "6h": 6 * 3_600_000,
  "24h": 24 * 3_600_000,
  "7d": 7 * 24 * 3_600_000,
} as const;
export type LastName = keyof typeof LAST_RANGES;

const LIVE_SPAN_MS = 5 * 60_000;
const DEFAULT_RANGE: Range = { kind: "last", name: "15m" };
const LIVE_STEP_MS = 5000;

/** Reads the range of an address; anything unreadable is the default (15 minutes). */
export function parseRange(search: URLSearchParams): Range {
  const fromMs = Number(search.get("from") ?? Number.NaN);
  const toMs = Number(search.get("to") ?? Number.NaN);
  if (Number.isSafeInteger(fromMs) && Number.isSafeInteger(toMs) && fromMs >= 0 && fromMs < toMs)
    return { kind: "fixed", fromMs, toMs };
  const name = search.get("range");
  if (name === "live") return { kind: "live" };
  return name !== null && Object.hasOwn(LAST_RANGES, name) ? { kind: "last", name: name as LastName } : DEFAULT_RANGE;
}

/** The address with this range; other parameters stay. */
export function writeRange(search: URLSearchParams, range: Range): URLSearchParams {
  const next = new URLSearchParams(search);
  for (const key of ["range", "from", "to"]) next.delete(key);
  if (range.kind === "fixed") {
    next.set("from", String(Math.floor(range.fromMs)));
    next.set("to", String(Math.ceil(range.toMs)));
  } else {
    next.set("range", range.kind === "live" ? "live" : range.name);
  }
  return next;
}

/** The moments a range means now. */
export function resolveRange(range: Range, nowMs: number): Window {
  if (range.kind === "fixed") return { fromMs: range.fromMs, toMs: range.toMs };
  const spanMs = range.kind === "live" ? LIVE_SPAN_MS : LAST_RANGES[range.name];
  const toMs = Math.ceil(nowMs / 1000) * 1000;
  return { fromMs: toMs - spanMs, toMs };
}

/** How often a page with this range asks again; `false` for a fixed range. */
export function refreshMs(range: Range): number | false {
  if (range.kind === "fixed") return false;
  if (range.kind === "live") return 2000;
  return LAST_RANGES[range.name] <= LAST_RANGES["1h"] ? 10_000 : 60_000;
}

/** Step between points so that a curve has at most about 300: 5 s for a quarter of an hour, then minutes. */
export function stepMs(window: Window): number {
  const spanMs = window.toMs - window.fromMs;
  if (spanMs <= LAST_RANGES["15m"]) return LIVE_STEP_MS;
  const minutes = Math.max(1, Math.ceil(spanMs / 300 / 60_000));
  return minutes * 60_000;
}

/** Machines report every 2 s; a step is complete when their reports had time to arrive. */
const REPORT_LAG_MS = 3000;

/** The part of a window whose steps are complete: a half-filled last step would look like a drop. */
export function wholeSteps(window: Window, nowMs: number): Window & { readonly stepMs: number } {
  const step = stepMs(window);
  const lastMs = Math.floor((nowMs - REPORT_LAG_MS) / step) * step;
  return { fromMs: window.fromMs, toMs: Math.max(window.fromMs + step, Math.min(window.toMs, lastMs)), stepMs: step };
}
