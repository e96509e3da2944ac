import { NAME_PATTERN } from "@msec/core";
import { CallerListInvalid } from "../errors.js";

const LEVEL = NAME_PATTERN.slice(1, -1);
const ENTRY = new RegExp(`^(?:\\*|${LEVEL}\\.(?:\\*|${LEVEL})|agent:[A-Za-z0-9._-]{1,64})$`);
/** Names that callers make up must not fill the memory. */
const MAX_REMEMBERED = 1024;
/** Longer than any name of a service; a head may hold megabytes. */
const MAX_NAME_LENGTH = 256;

/**
 * Which callers may call: `First.Second`, `First.*` (all of one first level), `agent:<id>` (programs on one machine that are no
 * services), `*` (all that are known).
 */
export class CallerList {
  /** As they were written. */
  readonly entries: readonly string[];
  readonly #names: ReadonlySet<string>;
  readonly #prefixes: readonly string[];
  readonly #isOpen: boolean;
  readonly #remembered = new Map<string, boolean>();

  /** @throws RPC_CALLER_LIST_INVALID */
  constructor(entries: readonly string[]) {
    for (const entry of entries) if (!ENTRY.test(entry)) throw new CallerListInvalid({ entry });
    this.entries = entries;
    this.#isOpen = entries.includes("*");
    this.#names = new Set(entries.filter((entry) => !entry.endsWith("*")));
    this.#prefixes = entries.filter((entry) => entry.endsWith(".*")).map((entry) => entry.slice(0, -1));
  }

  /** @param name `First.Second`, `agent:<id>`, or empty: nobody knows who it is */
  includes(name: string): boolean {
    if (name.length > MAX_NAME_LENGTH) return this.#isOpen;
    const known = this.#remembered.get(name);
    if (known !== undefined) return known;
    const isIncluded = this.#look(name);
    if (this.#remembered.size >= MAX_REMEMBERED) this.#remembered.clear();
    this.#remembered.set(name, isIncluded);
    return isIncluded;
  }

  #look(name: string): boolean {
    if (name === "") return false;
    return this.#isOpen || this.#names.has(name) || this.#prefixes.some((prefix) => name.startsWith(prefix));
  }
}
