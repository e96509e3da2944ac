/**
 * Passwords are stored as `scrypt$<log2 N>$<r>$<p>$<salt>$<hash>` (base64url), so that the cost can be raised later while old
 * hashes stay readable.
 */
import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from "node:crypto";
import { LoginBusy } from "./errors.js";

export interface PasswordCost {
  readonly logN: number;
  readonly r: number;
  readonly p: number;
}

/** 32 MiB and some 80 ms each. */
export const DEFAULT_COST: PasswordCost = { logN: 15, r: 8, p: 1 };

const HASH_BYTES = 32;
/** Each one works in 32 MiB on a thread; more at once are refused, so that sign-ins can't starve the console. */
const MAX_AT_ONCE = 8;

/** Hashes and checks passwords, a bounded number at once. */
export class PasswordHasher {
  readonly #cost: PasswordCost;
  #running = 0;
  #decoy: Promise<string> | undefined;

  constructor(cost: PasswordCost = DEFAULT_COST) {
    this.#cost = cost;
  }

  /** @throws {LoginBusy} */
  async hash(password: string): Promise<string> {
    const salt = randomBytes(16);
    const { logN, r, p } = this.#cost;
    const hash = await this.#derive(password, salt, this.#cost);
    return ["scrypt", logN, r, p, salt.toString("base64url"), hash.toString("base64url")].join("$");
  }

  /**
   * Compares in constant time. Without a stored hash (nobody of that name) it takes as long and gives false.
   *
   * @throws {LoginBusy}
   */
  async verify(password: string, stored: string | undefined): Promise<boolean> {
    this.#decoy ??= this.hash(randomBytes(16).toString("hex"));
    const [scheme, logN, r, p, salt, hash] = (stored ?? (await this.#decoy)).split("$");
    if (scheme !== "scrypt" || salt === undefined || hash === undefined) return false;
    const cost = { logN: Number(logN), r: Number(r), p: Number(p) };
    const derived = await this.#derive(password, Buffer.from(salt, "base64url"), cost);
    const expected = Buffer.from(hash, "base64url");
    const isEqual = expected.length === derived.length && timingSafeEqual(expected, derived);
    return isEqual && stored !== undefined;
  }

  async #derive(password: string, salt: Buffer, cost: PasswordCost): Promise<Buffer> {
    if (this.#running >= MAX_AT_ONCE) throw new LoginBusy({ retryAfterSec: 1 });
    this.#running++;
    try {
      return await derive(password, salt, cost);
    } finally {
      this.#running--;
    }
  }
}

function derive(password: string, salt: Buffer, cost: PasswordCost): Promise<Buffer> {
  const N = 2 ** cost.logN;
  const options: ScryptOptions = { N, r: cost.r, p: cost.p, maxmem: 256 * N * cost.r };
  return new Promise((resolve, reject) => {
    scrypt(password.normalize("NFKC"), salt, HASH_BYTES, options, (error, key) =>
      error ? reject(error) : resolve(key),
    );
  });
}
