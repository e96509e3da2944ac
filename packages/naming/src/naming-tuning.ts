/** The tuning keys of a service, under the names of the original. */
import { NLB_DEFAULT_TUNING, type NlbTuning } from "@msec/protocol";
import { NameEntryInvalid } from "./errors.js";

/** What is missing has its default. */
export type NamingTuning = Partial<NlbTuning>;

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
