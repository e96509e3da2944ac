/** Which attributes are drawn. Pure. */

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
