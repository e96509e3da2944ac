/**
 * Authorities of a console and how far their exchange is, in one file (0600) under `console/identity/`, so that they are whole or
 * not there.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Authority } from "./certificates.js";

export interface AuthorityState {
  /**
   * `spreading`: the second authority is trusted, the first still signs. `issuing`: the second one signs, the first is still trusted.
   */
  readonly phase: "steady" | "spreading" | "issuing";
  readonly sinceMs: number;
  /** One, or old and new. */
  readonly authorities: readonly [Authority, ...Authority[]];
}

export class AuthorityFile {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  tryRead(): AuthorityState | undefined {
    if (!existsSync(this.#path)) return undefined;
    return JSON.parse(readFileSync(this.#path, "utf8")) as AuthorityState;
  }

  write(state: AuthorityState): void {
    mkdirSync(dirname(this.#path), { recursive: true, mode: 0o700 });
    writeFileSync(`${this.#path}.tmp`, JSON.stringify(state), { mode: 0o600, flush: true });
    renameSync(`${this.#path}.tmp`, this.#path);
  }
}

/** Who signs now. */
export function issuerOf({ phase, authorities }: AuthorityState): Authority {
  return phase === "issuing" ? authorities.at(-1)! : authorities[0];
}
