/** Numbers, units and times as people read them. Pure; the language is a BCP 47 tag (`en`, `zh-CN`). */

const THIN = "\u202f";

/** 12,345 or 12.3; at most `digits` decimals. */
export function formatNumber(value: number | null | undefined, digits = 0): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  return new Intl.NumberFormat("en", { maximumFractionDigits: digits }).format(value);
}

/** A count that fits in an axis: 950, 1.2k, 3.4M. */
export function formatCompact(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  if (size >= 1e9) return `${trim(value / 1e9)}G`;
  if (size >= 1e6) return `${trim(value / 1e6)}M`;
  if (size >= 1e4) return `${trim(value / 1e3)}k`;
  if (size >= 100 || value === 0) return formatNumber(value);
  return size >= 10 ? formatNumber(value, 1) : formatNumber(value, 2);
}

/** A rate with as many digits as carry meaning: 0.25, 3.4, 1,204. */
export function formatRate(value: number | null | undefined): string {
  if (value === null || value === undefined) return "–";
  return formatNumber(value, value >= 100 ? 0 : value >= 10 ? 1 : 2);
}

/** A share, 0 to 1, as percent. Never rounds a failure away: 0.99996 is 99.99 %, not 100 %. */
export function formatPercent(ratio: number | null | undefined): string {
  if (ratio === null || ratio === undefined || !Number.isFinite(ratio)) return "–";
  if (ratio >= 1) return `100${THIN}%`;
  if (ratio <= 0) return `0${THIN}%`;
  const digits = ratio > 0.99 || ratio < 0.01 ? 2 : 1;
  const scale = 10 ** digits;
  const percent = ratio > 0.5 ? Math.floor(ratio * 100 * scale) / scale : Math.ceil(ratio * 100 * scale - 1e-9) / scale;
  return `${formatNumber(percent, digits)}${THIN}%`;
}

/** A duration: 0.8 ms, 12 ms, 1.24 s, 3 min 5 s, 2 h 10 min, 3 d 4 h. */
export function formatDuration(ms: number | null | undefined): string {
  if (ms === null || ms === undefined || !Number.isFinite(ms)) return "–";
  if (ms < 10) return `${formatNumber(ms, 2)}${THIN}ms`;
  if (ms < 1000) return `${formatNumber(ms, ms < 100 ? 1 : 0)}${THIN}ms`;
  if (ms < 60_000) return `${formatNumber(ms / 1000, 2)}${THIN}s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return pair(Math.floor(seconds / 60), "min", seconds % 60, "s");
  const minutes = Math.round(seconds / 60);
  if (minutes < 1440) return pair(Math.floor(minutes / 60), "h", minutes % 60, "min");
  const hours = Math.round(minutes / 60);
  return pair(Math.floor(hours / 24), "d", hours % 24, "h");
}

/** Powers of 1024: 512 B, 1.5 KiB, 200 MiB. */
export function formatBytes(bytes: number | null | undefined): string {
  if (bytes === null || bytes === undefined || !Number.isFinite(bytes)) return "–";
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? formatNumber(value) : formatNumber(value, value < 10 ? 1 : 0)}${THIN}${units[unit]}`;
}

/** "5 seconds ago" in the language; short, since it stands in tables. */
export function formatRelative(atMs: number, nowMs: number, language: string): string {
  const format = new Intl.RelativeTimeFormat(language, { numeric: "auto", style: "short" });
  const seconds = Math.round((atMs - nowMs) / 1000);
  const size = Math.abs(seconds);
  if (size < 60) return format.format(size < 2 ? 0 : seconds, "second");
  if (size < 3600) return format.format(Math.round(seconds / 60), "minute");
  if (size < 86_400) return format.format(Math.round(seconds / 3600), "hour");
  return format.format(Math.round(seconds / 86_400), "day");
}

/** 2026-11-22 14:05:09, local time. */
export function formatDateTime(atMs: number): string {
  const d = new Date(atMs);
  return `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())} ${formatClock(atMs)}`;
}

/** 14:05:09, local time. */
export function formatClock(atMs: number): string {
  const d = new Date(atMs);
  return `${two(d.getHours())}:${two(d.getMinutes())}:${two(d.getSeconds())}`;
}

/** 11-22 14:05:09.123, local time; for log lines. */
export function formatLogTime(atMs: number): string {
  const d = new Date(atMs);
  return `${two(d.getMonth() + 1)}-${two(d.getDate())} ${formatClock(atMs)}.${String(d.getMilliseconds()).padStart(3, "0")}`;
}

function pair(major: number, majorUnit: string, minor: number, minorUnit: string): string {
  const head = `${major}${THIN}${majorUnit}`;
  return minor === 0 ? head : `${head} ${minor}${THIN}${minorUnit}`;
}

function trim(value: number): string {
  return formatNumber(value, Math.abs(value) >= 100 ? 0 : 1);
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}
