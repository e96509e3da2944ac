/** What the log page searches for, as it stands in the address. Pure. */

export const LEVELS = ["TRACE", "DEBUG", "INFO", "ERROR", "FATAL"] as const;
type Level = (typeof LEVELS)[number];

export interface LogFilter {
  readonly level?: Level;
  readonly requestId?: string;
  readonly machine?: string;
  readonly text?: string;
  readonly hops?: true;
}

export function parseFilter(search: URLSearchParams): LogFilter {
  const level = LEVELS.find((each) => each === search.get("level"));
  const requestId = search.get("request") ?? "";
  const machine = search.get("machine") ?? "";
  const text = search.get("text") ?? "";
  return {
    ...(level ? { level } : {}),
    ...(/^\d{1,20}$/.test(requestId) ? { requestId } : {}),
    ...(machine ? { machine: machine.slice(0, 64) } : {}),
    ...(text ? { text: text.slice(0, 256) } : {}),
    ...(search.get("hops") === "1" ? { hops: true as const } : {}),
  };
}

/** The address with one part of the filter changed; an empty value takes it away. */
export function writeFilter(search: URLSearchParams, key: string, value: string): URLSearchParams {
  const next = new URLSearchParams(search);
  if (value.trim() === "") next.delete(key);
  else next.set(key, value.trim());
  return next;
}

/** Rows of a list of fixed height that are in sight, with a few more on both sides. */
export function visibleRows(
  scrollTop: number,
  viewHeight: number,
  rowHeight: number,
): readonly [from: number, to: number] {
  const spare = 10;
  return [
    Math.max(0, Math.floor(scrollTop / rowHeight) - spare),
    Math.ceil((scrollTop + viewHeight) / rowHeight) + spare,
  ];
}
