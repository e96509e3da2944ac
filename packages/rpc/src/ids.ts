/** Flow and span ids as two 32-bit halves; text is made only when somebody reads it. */

import { random32 } from "@msec/core";

/** High half of a new flow id: 31 bits, so that old peers, which print flow ids signed, show the same number. */
export function randomFlowHigh(): number {
  return random32() >>> 1;
}

/** Unsigned decimal. */
export function decimalId(high: number, low: number): string {
  return high === 0 ? String(low) : ((BigInt(high) << 32n) | BigInt(low)).toString();
}

const hex8 = (value: number): string => value.toString(16).padStart(8, "0");

/** 16 hexadecimal digits; "" for 0, which means "none". */
export function spanText(high: number, low: number): string {
  return high === 0 && low === 0 ? "" : hex8(high) + hex8(low);
}
