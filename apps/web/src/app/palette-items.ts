/** What the command palette offers for a few typed words. Pure. */

export interface PaletteItem {
  readonly kind: "page" | "service" | "machine" | "instance" | "release" | "request";
  readonly text: string;
  readonly hint: string;
  readonly to: string;
}

const MOST = 30;
const ORDER = ["request", "service", "page", "instance", "machine", "release"] as const;

/** Items that have all words, best first: those that begin with the text, then by kind. A bare number is also a request id. */
export function matchItems(items: readonly PaletteItem[], search: string, requestHint: string): PaletteItem[] {
  const text = search.trim().toLowerCase();
  const words = text.split(/\s+/).filter(Boolean);
  const found = items
    .filter((item) => words.every((word) => `${item.text} ${item.hint}`.toLowerCase().includes(word)))
    .map((item) => ({ item, rank: rank(item, text) }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ item }) => item);
  const request: PaletteItem[] = /^\d{4,20}$/.test(text)
    ? [{ kind: "request", text, hint: requestHint, to: `/requests/${text}` }]
    : [];
  return [...request, ...found].slice(0, MOST);
}

function rank(item: PaletteItem, text: string): number {
  const name = item.text.toLowerCase();
  const place = name === text ? 0 : name.startsWith(text) ? 1 : name.includes(text) ? 2 : 3;
  return place * ORDER.length + ORDER.indexOf(item.kind);
}
