import { readFileSync } from "node:fs";
import { isAppError } from "@msec/core";

/** Cases of one vector file: `{ about, cases: [{ name, … }] }`. A new case is a new entry there. */
export function loadCases<T extends { name: string }>(path: string): T[] {
  const file = JSON.parse(readFileSync(new URL(path, import.meta.url), "utf8")) as { cases: T[] };
  return file.cases;
}

export function fromHex(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, "hex"));
}

export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

/** Runs `step` until it gives undefined or throws an AppError, whose reason is kept; any other error fails the test. */
export function collect<T>(step: () => T | undefined): { items: T[]; error?: string } {
  const items: T[] = [];
  try {
    for (let item = step(); item !== undefined; item = step()) items.push(item);
    return { items };
  } catch (error) {
    if (!isAppError(error)) throw error;
    return { items, error: error.reason };
  }
}

/** What a parser gives when the same bytes arrive in pieces of `pieceBytes`. Stops at the first error. */
export function feed<T>(
  parser: { push(bytes: Uint8Array): void; next(): T | undefined },
  bytes: Uint8Array,
  pieceBytes: number,
): { items: T[]; error?: string } {
  const items: T[] = [];
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    parser.push(bytes.subarray(at, at + pieceBytes));
    const result = collect(() => parser.next());
    items.push(...result.items);
    if (result.error !== undefined) return { items, error: result.error };
  }
  return { items };
}
