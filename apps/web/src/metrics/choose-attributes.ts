import { compareCells } from "../ui/table-data.js";

/** Which attributes are drawn, in which order. Pure. */

const SHOWN_AT_FIRST = 6;

/** The chosen ones; without a choice the author's own first, then the framework's, without those that the charts above derive from. */
export function shownAttributes(all: readonly string[], chosen: readonly string[]): string[] {
  if (chosen.length > 0) return [...chosen];
  const derived = /^frm\.rpc (request cost|requests|call)/;
  const own = all.filter((name) => !name.startsWith("frm."));
  const rest = all.filter((name) => name.startsWith("frm.") && !derived.test(name));
  return [...own, ...rest].slice(0, SHOWN_AT_FIRST);
}

/** Adds or takes away one; from a page without a choice, what is shown counts as chosen. */
export function toggleAttribute(shown: readonly string[], name: string): string[] {
  return shown.includes(name) ? shown.filter((each) => each !== name) : [...shown, name];
}

/** The author's own attributes first, each part in natural order (`2~5ms` before `10~20ms`). */
export function sortAttributes<T extends { readonly attribute: string }>(attributes: readonly T[]): T[] {
  const rank = (each: T) => (each.attribute.startsWith("frm.") ? 1 : 0);
  return attributes.toSorted((a, b) => rank(a) - rank(b) || compareCells(a.attribute, b.attribute));
}
