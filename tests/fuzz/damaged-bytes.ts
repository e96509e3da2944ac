/** Hostile bytes, and valid ones with mistakes in them. */
import { isAppError } from "@msec/core";
import fc from "fast-check";

export const noise = fc.uint8Array({ maxLength: 120 });
export const cuts = fc.array(fc.nat(), { maxLength: 12 });
export const text = fc.string({ unit: "grapheme", maxLength: 50 });

/** Runs a decoder; anything thrown but an AppError fails. */
export function survives(run: () => unknown): void {
  try {
    run();
  } catch (error) {
    if (!isAppError(error)) throw error;
  }
}

/** Valid bytes with some replaced, removed or added: gets deeper into a decoder than noise does. */
export function damaged(valid: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> {
  const edit = fc.record({ at: fc.nat(), byte: fc.nat({ max: 255 }), kind: fc.constantFrom("set", "cut", "insert") });
  return fc.tuple(valid, fc.array(edit, { minLength: 1, maxLength: 4 })).map(([bytes, edits]) => {
    const result = [...bytes];
    for (const { at, byte, kind } of edits) {
      const index = at % (result.length + 1);
      if (kind === "set") result[index] = byte;
      else if (kind === "cut") result.splice(index, 1 + (byte % 4));
      else result.splice(index, 0, byte);
    }
    return Uint8Array.from(result);
  });
}

/** The same for texts: some characters or words replaced, removed or added. */
export function damagedText(valid: fc.Arbitrary<string>, words: readonly string[]): fc.Arbitrary<string> {
  const insertion = fc.oneof(fc.constantFrom(...words), fc.string({ unit: "grapheme", maxLength: 6 }));
  const edit = fc.record({ at: fc.nat(), removed: fc.nat({ max: 6 }), insertion });
  return fc.tuple(valid, fc.array(edit, { minLength: 1, maxLength: 4 })).map(([start, edits]) => {
    let result = start;
    for (const { at, removed, insertion: added } of edits) {
      const index = at % (result.length + 1);
      result = result.slice(0, index) + added + result.slice(index + removed);
    }
    return result;
  });
}

/** Cuts `bytes` at the given places. */
export function pieces(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const ends = [...places.map((place) => place % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  return ends.map((end, index) => bytes.subarray(index === 0 ? 0 : ends[index - 1], end));
}
