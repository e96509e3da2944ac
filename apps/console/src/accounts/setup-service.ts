import type { Clock } from "@msec/core";
import { appendAudit } from "../audit/audit-chain.js";
import type { Database } from "../database/database.js";
import { SetupDone, SetupTokenWrong } from "./errors.js";
import type { PasswordHasher } from "./password-hash.js";
import { hashSecret, isSameHash, randomSecret } from "./secrets.js";
import type { NewSession, SessionService } from "./session-service.js";

const SETTING = "setup_token_hash";

/** The first account: made by whoever has the one-time token that the console prints at its start. */
export class SetupService {
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

  async isNeeded(): Promise<boolean> {
    return (await this.#database.stores.accounts.countUsers()) === 0;
  }

  /** Makes a new token while there is no account; the one of an earlier start is void then. */
  async issueToken(): Promise<string | undefined> {
    if (!(await this.isNeeded())) return undefined;
    const token = randomSecret();
    await this.#database.stores.settings.set(SETTING, hashSecret(token));
    return token;
  }

  /** @throws {SetupDone} {SetupTokenWrong} {LoginTooOften} */
  async create(input: { setupToken: string; name: string; password: string; address: string }): Promise<NewSession> {
    this.#sessions.limit("", input.address);
    await this.#checkToken(this.#database, input.setupToken);
    const passwordHash = await this.#hasher.hash(input.password);
    const user = { name: input.name, role: "admin" as const, passwordHash, createdAtMs: this.#clock.nowMs() };
    await this.#database.transact(async (stores) => {
      await this.#checkToken({ stores }, input.setupToken);
      await stores.accounts.addUser(user);
      await stores.settings.delete(SETTING);
      const event = { atMs: user.createdAtMs, actor: user.name, action: "setup.create", target: user.name };
      await appendAudit(stores.audit, { ...event, text: "made the first account" });
    });
    return this.#sessions.open(user, input.address);
  }

  async #checkToken({ stores }: Pick<Database, "stores">, token: string): Promise<void> {
    if ((await stores.accounts.countUsers()) > 0) throw new SetupDone({});
    const expected = await stores.settings.get(SETTING);
    if (expected === undefined || !isSameHash(expected, hashSecret(token))) throw new SetupTokenWrong({});
  }
}
