/** What is counted under no name of its own. */
export const OTHER = "other";

const MAX_NAME_LENGTH = 127;

/** `prefix + words + suffix`; a name that is too long loses the end of the words. Only printable ASCII of the words is kept. */
export function metricName(prefix: string, words: string, suffix: string): string {
  const room = MAX_NAME_LENGTH - prefix.length - suffix.length;
  return prefix + words.replace(/[^\x20-\x7e]/g, "?").slice(0, Math.max(0, room)) + suffix;
}

/** Longer words are nobody's name. */
const MAX_KEPT_CHARS = 1_024;

/** Of endlessly many names the first `max` are kept, all others are {@link OTHER}. */
export class BoundedNames {
  readonly #known = new Set<string>();
  readonly #max: number;

  constructor(max: number) {
    this.#max = max;
  }

  nameOf(name: string): string {
    if (this.#known.has(name)) return name;
    if (this.#known.size >= this.#max || name.length > MAX_KEPT_CHARS) return OTHER;
    this.#known.add(name);
    return name;
  }
}
