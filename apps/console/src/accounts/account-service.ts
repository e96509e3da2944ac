import { randomUUID } from "node:crypto";
import type { ApiToken, Role, User } from "@msec/api-schema";
import type { Clock } from "@msec/core";
import { appendAudit } from "../audit/audit-chain.js";
import type { Database } from "../database/database.js";
import { type Actor, actorName } from "../http/route-handlers.js";
import type { ApiTokenRow, UserRow } from "./account-store.js";
import {
  ApiTokenExists,
  ApiTokenUnknown,
  LastAdmin,
  NotAUser,
  PasswordWrong,
  UserExists,
  UserUnknown,
} from "./errors.js";
import type { PasswordHasher } from "./password-hash.js";
import { hashSecret, randomSecret } from "./secrets.js";
import { type SessionService, TOKEN_PREFIX } from "./session-service.js";

/** Users and API tokens. */
export class AccountService {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #hasher: PasswordHasher;
  readonly #sessions: SessionService;

  constructor(opts: { database: Database; clock: Clock; hasher: PasswordHasher; sessions: SessionService }) {
    this.#database = opts.database;
    this.#clock = opts.clock;
    this.#hasher = opts.hasher;
    this.#sessions = opts.sessions;
  }

  async listUsers(): Promise<User[]> {
    return (await this.#database.stores.accounts.listUsers()).map(toUser);
  }

  /** @throws {UserExists} */
  async createUser(actor: Actor, input: { name: string; password: string; role: Role }): Promise<User> {
    const passwordHash = await this.#hasher.hash(input.password);
    const user = { name: input.name, role: input.role, passwordHash, createdAtMs: this.#clock.nowMs() };
    await this.#database.transact(async (stores) => {
      if (!(await stores.accounts.addUser(user))) throw new UserExists({ name: input.name });
      const text = `added user ${user.name} as ${user.role}`;
      await appendAudit(stores.audit, this.#event(actor, { action: "user.create", target: user.name, text }));
    });
    return toUser(user);
  }

  /** @throws {UserUnknown} {LastAdmin} */
  async deleteUser(actor: Actor, name: string): Promise<void> {
    await this.#database.transact(async (stores) => {
      const user = await stores.accounts.findUser(name);
      if (!user) throw new UserUnknown({ name });
      if (user.role === "admin" && (await stores.accounts.countAdmins()) <= 1) throw new LastAdmin({ name: user.name });
      await stores.accounts.removeUser(name);
      const text = `removed user ${user.name} and ended his sessions`;
      await appendAudit(stores.audit, this.#event(actor, { action: "user.delete", target: user.name, text }));
    });
  }

  /** Other sessions of the user end. @throws {PasswordWrong} {NotAUser} {LoginTooOften} */
  async changePassword(actor: Actor, input: { current: string; next: string; address: string }): Promise<void> {
    if (actor.kind !== "user") throw new NotAUser({});
    this.#sessions.limit(actor.name, input.address);
    const user = await this.#database.stores.accounts.findUser(actor.name);
    if (!(await this.#hasher.verify(input.current, user?.passwordHash))) throw new PasswordWrong({});
    const passwordHash = await this.#hasher.hash(input.next);
    await this.#database.transact(async (stores) => {
      await stores.accounts.setPassword(actor.name, passwordHash);
      await stores.accounts.removeSessionsOf(actor.name, actor.sessionHash);
      const event = { action: "user.password", target: actor.name, text: "changed the own password" };
      await appendAudit(stores.audit, this.#event(actor, event));
    });
  }

  async createdAtMs(actor: Actor): Promise<number> {
    return (await this.#database.stores.accounts.findUser(actor.name))?.createdAtMs ?? 0;
  }

  async listTokens(): Promise<ApiToken[]> {
    return (await this.#database.stores.accounts.listTokens()).map(toToken);
  }

  /** The secret is in the answer only. @throws {ApiTokenExists} */
  async createToken(actor: Actor, input: { name: string; role: Role }): Promise<{ token: ApiToken; secret: string }> {
    const secret = TOKEN_PREFIX + randomSecret();
    const token: ApiTokenRow = {
      tokenId: randomUUID(),
      name: input.name,
      secretHash: hashSecret(secret),
      role: input.role,
      createdBy: actorName(actor),
      createdAtMs: this.#clock.nowMs(),
      lastUsedAtMs: null,
    };
    await this.#database.transact(async (stores) => {
      if (!(await stores.accounts.addToken(token))) throw new ApiTokenExists({ name: input.name });
      const text = `made API token ${token.name} as ${token.role}`;
      await appendAudit(stores.audit, this.#event(actor, { action: "apiToken.create", target: token.name, text }));
    });
    return { token: toToken(token), secret };
  }

  /** @throws {ApiTokenUnknown} */
  async deleteToken(actor: Actor, tokenId: string): Promise<void> {
    await this.#database.transact(async (stores) => {
      const token = await stores.accounts.removeToken(tokenId);
      if (!token) throw new ApiTokenUnknown({ tokenId });
      const text = `revoked API token ${token.name}`;
      await appendAudit(stores.audit, this.#event(actor, { action: "apiToken.delete", target: token.name, text }));
    });
  }

  #event(actor: Actor, what: { action: string; target: string; text: string }) {
    return { atMs: this.#clock.nowMs(), actor: actorName(actor), ...what };
  }
}

function toUser(user: UserRow): User {
  return { name: user.name, role: user.role, createdAtMs: user.createdAtMs };
}

function toToken(token: ApiTokenRow): ApiToken {
  const { tokenId, name, role, createdBy, createdAtMs, lastUsedAtMs } = token;
  return { tokenId, name, role, createdBy, createdAtMs, lastUsedAtMs };
}
