import { ArgumentInvalid } from "./errors.js";

/** A whole number up to `max`. @throws {ArgumentInvalid} */
export function parseWhole(argument: string, text: string, max = 999_999_999): number {
  if (!/^\d{1,9}$/.test(text)) throw new ArgumentInvalid({ argument, problem: `${text} is no whole number` });
  if (Number(text) > max) throw new ArgumentInvalid({ argument, problem: `${text} is above ${max}` });
  return Number(text);
}
