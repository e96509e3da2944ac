/**
 * Whether calls that a lost connection takes along may be repeated without a token of the budget. When an instance dies all its calls go
 * to others; but a service that takes connections and drops each at its first request would get twice its load that way.
 */

const MAX_ADDRESSES = 4_096;

export class LostConnections {
  /** Whose last connection was lost before the first answer. */
  readonly #barren = new Set<string>();

  /** A connection is lost. True = its calls may be repeated freely: the peer had served on it, or no such loss came before. */
  note(address: string, hasAnswered: boolean): boolean {
    if (hasAnswered) {
      if (this.#barren.size > 0) this.#barren.delete(address);
      return true;
    }
    if (this.#barren.has(address)) return false;
    if (this.#barren.size >= MAX_ADDRESSES) this.#barren.clear();
    this.#barren.add(address);
    return true;
  }
}
