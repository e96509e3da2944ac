import type { Kysely } from "kysely";
import type { ConsoleTables } from "../database/tables.js";
import type { AccountStore, ApiTokenRow, SessionRow, UserRow } from "./account-store.js";
import type { ApiTokenTable, SessionTable, UserTable } from "./account-tables.js";

type Db = Kysely<ConsoleTables>;

/** Accounts in SQL. Promise: account-store.contract.ts. */
export function sqlAccountStore(db: Db): AccountStore {
  return { ...users(db), ...sessions(db), ...tokens(db) };
}

function users(db: Db) {
  const count = async (role?: UserTable["role"]) => {
    let query = db.selectFrom("users").select((row) => row.fn.countAll<number>().as("total"));
    if (role !== undefined) query = query.where("role", "=", role);
    return Number((await query.executeTakeFirstOrThrow()).total);
  };
  return {
    countUsers: () => count(),
    countAdmins: () => count("admin"),
    listUsers: async () => (await db.selectFrom("users").selectAll().orderBy("name").execute()).map(toUser),
    findUser: async (name: string) => {
      const row = await db.selectFrom("users").selectAll().where("name", "=", name).executeTakeFirst();
      return row && toUser(row);
    },
    addUser: async (user: UserRow) => {
      const row: UserTable = {
        name: user.name,
        role: user.role,
        password_hash: user.passwordHash,
        created_at_ms: user.createdAtMs,
      };
      const insert = db.insertInto("users").values(row);
      return changed(await insert.onConflict((conflict) => conflict.doNothing()).executeTakeFirst());
    },
    setPassword: async (name: string, passwordHash: string) => {
      await db.updateTable("users").set({ password_hash: passwordHash }).where("name", "=", name).execute();
    },
    removeUser: async (name: string) => {
      await db.deleteFrom("sessions").where("user_name", "=", name).execute();
      const result = await db.deleteFrom("users").where("name", "=", name).executeTakeFirst();
      return result.numDeletedRows > 0n;
    },
  };
}

function sessions(db: Db) {
  return {
    addSession: async (session: SessionRow) => {
      const row: SessionTable = {
        session_hash: session.sessionHash,
        user_name: session.userName,
        created_at_ms: session.createdAtMs,
        last_seen_at_ms: session.lastSeenAtMs,
        expires_at_ms: session.expiresAtMs,
      };
      await db.insertInto("sessions").values(row).execute();
    },
    findSession: async (sessionHash: string) => {
      const query = db.selectFrom("sessions").selectAll().where("session_hash", "=", sessionHash);
      const row = await query.executeTakeFirst();
      return row && toSession(row);
    },
    touchSession: async (sessionHash: string, atMs: number) => {
      const update = db.updateTable("sessions").set({ last_seen_at_ms: atMs });
      await update.where("session_hash", "=", sessionHash).execute();
    },
    removeSession: async (sessionHash: string) => {
      await db.deleteFrom("sessions").where("session_hash", "=", sessionHash).execute();
    },
    removeSessionsOf: async (userName: string, exceptHash?: string) => {
      let query = db.deleteFrom("sessions").where("user_name", "=", userName);
      if (exceptHash !== undefined) query = query.where("session_hash", "!=", exceptHash);
      await query.execute();
    },
    sweepSessions: async (endedAtMs: number, idleSinceMs: number) => {
      const query = db.deleteFrom("sessions");
      await query
        .where((row) => row.or([row("expires_at_ms", "<=", endedAtMs), row("last_seen_at_ms", "<=", idleSinceMs)]))
        .execute();
    },
  };
}

function tokens(db: Db) {
  return {
    listTokens: async () => {
      const query = db.selectFrom("api_tokens").selectAll();
      return (await query.orderBy("created_at_ms", "desc").orderBy("name").execute()).map(toToken);
    },
    findToken: async (secretHash: string) => {
      const query = db.selectFrom("api_tokens").selectAll().where("secret_hash", "=", secretHash);
      const row = await query.executeTakeFirst();
      return row && toToken(row);
    },
    addToken: async (token: ApiTokenRow) => {
      const row: ApiTokenTable = {
        token_id: token.tokenId,
        name: token.name,
        secret_hash: token.secretHash,
        role: token.role,
        created_by: token.createdBy,
        created_at_ms: token.createdAtMs,
        last_used_at_ms: token.lastUsedAtMs,
      };
      const insert = db.insertInto("api_tokens").values(row);
      return changed(await insert.onConflict((conflict) => conflict.doNothing()).executeTakeFirst());
    },
    touchToken: async (tokenId: string, atMs: number) => {
      await db.updateTable("api_tokens").set({ last_used_at_ms: atMs }).where("token_id", "=", tokenId).execute();
    },
    removeToken: async (tokenId: string) => {
      const query = db.selectFrom("api_tokens").selectAll().where("token_id", "=", tokenId);
      const row = await query.executeTakeFirst();
      await db.deleteFrom("api_tokens").where("token_id", "=", tokenId).execute();
      return row && toToken(row);
    },
  };
}

function changed(result: { numInsertedOrUpdatedRows?: bigint | undefined } | undefined): boolean {
  return (result?.numInsertedOrUpdatedRows ?? 0n) > 0n;
}

function toUser(row: UserTable): UserRow {
  return { name: row.name, role: row.role, passwordHash: row.password_hash, createdAtMs: row.created_at_ms };
}

function toSession(row: SessionTable): SessionRow {
  return {
    sessionHash: row.session_hash,
    userName: row.user_name,
    createdAtMs: row.created_at_ms,
    lastSeenAtMs: row.last_seen_at_ms,
    expiresAtMs: row.expires_at_ms,
  };
}

function toToken(row: ApiTokenTable): ApiTokenRow {
  return {
    tokenId: row.token_id,
    name: row.name,
    secretHash: row.secret_hash,
    role: row.role,
    createdBy: row.created_by,
    createdAtMs: row.created_at_ms,
    lastUsedAtMs: row.last_used_at_ms,
  };
}
