/** The tuning keys of a service, under the names of the original. Ranges and defaults: nlb.md §2.1. */
import { NLB_DEFAULT_TUNING } from "@msec/protocol";
import { NameEntryInvalid } from "./errors.js";

export interface NamingTuning {
  /** Requests below which success says nothing; a whole number, default 10. */
  readonly shaping_request_min?: number;
  /** 0.00001 < x ≤ 1, default 0.98. */
  readonly success_ratio_base?: number;
  /** 0.00001 < x ≤ success_ratio_base, default 0.6. */
  readonly success_ratio_min?: number;
  /** 0.00001 < x ≤ 1, default 0.1. */
  readonly resume_weight_ratio?: number;
  /** 0.00001 < x ≤ 1, default 0.01. */
  readonly dead_retry_ratio?: number;
  /** 0.00001 < x < 1, default 0.5. */
  readonly weight_low_watermark?: number;
  /** 0.00001 < x < 1, default 0.5. */
  readonly weight_low_ratio?: number;
  /** 0.00001 < x < 1, default 0.05. */
  readonly weight_incr_ratio?: number;
}

const KEYS = Object.keys(NLB_DEFAULT_TUNING) as (keyof NamingTuning)[];
const LEAST_RATIO = 0.00001;
const MOST_REQUESTS = 2_147_483_647;
const UP_TO_ONE: ReadonlySet<keyof NamingTuning> = new Set<keyof NamingTuning>([
  "success_ratio_base",
  "resume_weight_ratio",
  "dead_retry_ratio",
]);

/**
 * Checks what is set and puts the keys in one order.
 *
 * @returns `undefined` when nothing is set
 * @throws {NameEntryInvalid} a key that is none, or a value out of its range
 */
export function checkTuning(input: NamingTuning | undefined): NamingTuning | undefined {
  if (input === undefined) return undefined;
  const unknown = Object.keys(input).find((key) => !(KEYS as string[]).includes(key));
  if (unknown !== undefined) throw invalid(unknown, "", `one of ${KEYS.join(", ")}`);
  const tuning: Partial<Record<keyof NamingTuning, number>> = {};
  for (const key of KEYS) {
    const value = input[key];
    if (value === undefined) continue;
    checkValue(key, value, input);
    tuning[key] = value;
  }
  return Object.keys(tuning).length === 0 ? undefined : tuning;
}

function checkValue(key: keyof NamingTuning, value: number, all: NamingTuning): void {
  if (key === "shaping_request_min") {
    if (!Number.isInteger(value) || value < 0 || value > MOST_REQUESTS)
      throw invalid(key, value, `a whole number from 0 to ${MOST_REQUESTS}`);
    return;
  }
  const [most, inclusive] = limitOf(key, all);
  const isIn = value > LEAST_RATIO && (inclusive ? value <= most : value < most);
  if (!isIn)
    throw invalid(key, value, `above ${LEAST_RATIO.toFixed(5)} and ${inclusive ? "at most" : "below"} ${most}`);
}

function limitOf(key: keyof NamingTuning, all: NamingTuning): readonly [most: number, inclusive: boolean] {
  if (key === "success_ratio_min") return [all.success_ratio_base ?? NLB_DEFAULT_TUNING.success_ratio_base, true];
  return [1, UP_TO_ONE.has(key)];
}

function invalid(key: string, value: number | "", rule: string): Error {
  return new NameEntryInvalid({ field: `tuning.${key}`, value: String(value), rule });
}
