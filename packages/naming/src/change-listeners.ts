import type { NameDelta } from "./name-store.js";

/** Listeners of one store. One that throws does not keep the others from hearing. */
export class ChangeListeners {
  readonly #listeners = new Set<(delta: NameDelta) => void>();

  add(listener: (delta: NameDelta) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  tell(delta: NameDelta): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener(delta);
      } catch {
        // the change is kept already; a listener's fault is its own to log
      }
    }
  }

  clear(): void {
    this.#listeners.clear();
  }
}
