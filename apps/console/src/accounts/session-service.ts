import { ROLE_PERMISSIONS, type Session } from "@msec/api-schema";
import type { Clock } from "@msec/core";
import { appendAudit } from "../audit/audit-chain.js";
import type { Database } from "../database/database.js";
import type { Authenticator } from "../http/auth-hook.js";
import type { Actor } from "../http/route-handlers.js";
import type { SessionRow, UserRow } from "./account-store.js";
import { AttemptLimiter } from "./attempt-limiter.js";
import { LoginRefused, LoginTooOften } from "./errors.js";
import type { PasswordHasher } from "./password-hash.js";
import { hashSecret, randomSecret } from "./secrets.js";

export interface SessionTimes {
  /** A session that is not used for so long ends. */
  readonly idleMs: number;
  /** A session ends after so long, used or not. */
  readonly absoluteMs: number;
}

/** A session as its owner gets it. The value goes into the cookie and is not kept. */
export interface NewSession {
  readonly session: Session;
  readonly value: string;
  readonly maxAgeSec: number;
}

/** Last-use times are written at most this often. */
const TOUCH_MS = 60_000;
const BY_NAME = { burst: 5, refillMs: 30_000 };
const BY_ADDRESS = { burst: 20, refillMs: 10_000 };

export const TOKEN_PREFIX = "msec_";

/** Signs people in and out, and tells who a cookie or a token belongs to. */
export class SessionService implements Authenticator {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #hasher: PasswordHasher;
  readonly #times: SessionTimes;
  readonly #byName: AttemptLimiter;
  readonly #byAddress: AttemptLimiter;

  constructor(opts: { database: Database; clock: Clock; hasher: PasswordHasher; times: SessionTimes }) {
    this.#database = opts.database;
    this.#clock = opts.clock;
    this.#hasher = opts.hasher;
    this.#times = opts.times;
    this.#byName = new AttemptLimiter(BY_NAME, opts.clock);
    this.#byAddress = new AttemptLimiter(BY_ADDRESS, opts.clock);
  }

  /**
   * The same answer and about the same time for a wrong name and a wrong password.
   *
   * @throws {LoginTooOften} {LoginRefused} {LoginBusy}
   */
  async signIn(input: { name: string; password: string; address: string }): Promise<NewSession> {
    this.limit(input.name, input.address);
    const user = await this.#database.stores.accounts.findUser(input.name);
    const isRight = await this.#hasher.verify(input.password, user?.passwordHash);
    if (!user || !isRight) throw new LoginRefused({});
    this.#byName.reset(nameKey(input.name));
    return this.open(user, input.address);
  }

  /** Counts an attempt to prove a password or a one-time token. @throws {LoginTooOften} */
  limit(name: string, address: string): void {
    const waitMs = Math.max(this.#byAddress.take(address), this.#byName.take(nameKey(name)));
    if (waitMs > 0) throw new LoginTooOften({ retryAfterSec: Math.ceil(waitMs / 1000) });
  }

  /** Starts a session for somebody who has proved who he is. @param address where from, for the audit log */
  async open(user: UserRow, address: string): Promise<NewSession> {
    const nowMs = this.#clock.nowMs();
    const { accounts } = this.#database.stores;
    await accounts.sweepSessions(nowMs, nowMs - this.#times.idleMs);
    const value = randomSecret();
    const expiresAtMs = nowMs + this.#times.absoluteMs;
    const row = { sessionHash: hashSecret(value), userName: user.name, createdAtMs: nowMs, lastSeenAtMs: nowMs };
    const event = { atMs: nowMs, actor: user.name, action: "session.create", target: user.name };
    await this.#database.transact(async (stores) => {
      await stores.accounts.addSession({ ...row, expiresAtMs });
      await appendAudit(stores.audit, { ...event, text: `signed in from ${address}` });
    });
    const endMs = this.#endMs({ ...row, expiresAtMs });
    return { session: toSession(user, endMs), value, maxAgeSec: Math.floor(this.#times.absoluteMs / 1000) };
  }

  /** Ends the session of a user; a token has none. */
  async close({ name, sessionHash }: Actor): Promise<void> {
    if (sessionHash === undefined) return;
    const event = { atMs: this.#clock.nowMs(), actor: name, action: "session.delete", target: name };
    await this.#database.transact(async (stores) => {
      await stores.accounts.removeSession(sessionHash);
      await appendAudit(stores.audit, { ...event, text: "signed out" });
    });
  }

  async bySession(value: string): Promise<Actor | undefined> {
    const { accounts } = this.#database.stores;
    const nowMs = this.#clock.nowMs();
    const row = await accounts.findSession(hashSecret(value));
    if (!row || this.#endMs(row) <= nowMs) return undefined;
    const user = await accounts.findUser(row.userName);
    if (!user) return undefined;
    if (nowMs - row.lastSeenAtMs >= this.#touchMs()) await accounts.touchSession(row.sessionHash, nowMs);
    const { name, role } = user;
    return { kind: "user", name, role, sessionHash: row.sessionHash, expiresAtMs: this.#endMs(row) };
  }

  async byToken(secret: string): Promise<Actor | undefined> {
    if (!secret.startsWith(TOKEN_PREFIX)) return undefined;
    const { accounts } = this.#database.stores;
    const token = await accounts.findToken(hashSecret(secret));
    if (!token) return undefined;
    const nowMs = this.#clock.nowMs();
    if (nowMs - (token.lastUsedAtMs ?? 0) >= TOUCH_MS) await accounts.touchToken(token.tokenId, nowMs);
    return { kind: "token", name: token.name, role: token.role, expiresAtMs: 0 };
  }

  #endMs(row: SessionRow): number {
    return Math.min(row.expiresAtMs, row.lastSeenAtMs + this.#times.idleMs);
  }

  #touchMs(): number {
    return Math.min(TOUCH_MS, this.#times.idleMs / 4);
  }
}

function nameKey(name: string): string {
  return name.toLowerCase();
}

export function toSession(user: Pick<UserRow, "name" | "role" | "createdAtMs">, expiresAtMs: number): Session {
  const { name, role, createdAtMs } = user;
  return { user: { name, role, createdAtMs }, permissions: [...ROLE_PERMISSIONS[role]], expiresAtMs };
}
