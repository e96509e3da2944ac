import { expect, it } from "vitest";
import type { AccountStore, ApiTokenRow, SessionRow, UserRow } from "./account-store.js";

const user = (name: string, role: UserRow["role"] = "viewer"): UserRow => ({
  name,
  role,
  passwordHash: "h",
  createdAtMs: 1,
});
const session = (sessionHash: string, userName: string, more: Partial<SessionRow> = {}): SessionRow => ({
  sessionHash,
  userName,
  createdAtMs: 1,
  lastSeenAtMs: 100,
  expiresAtMs: 1000,
  ...more,
});
const token = (tokenId: string, name: string, createdAtMs = 1): ApiTokenRow => ({
  tokenId,
  name,
  secretHash: `hash of ${tokenId}`,
  role: "operator",
  createdBy: "olga",
  createdAtMs,
  lastUsedAtMs: null,
});

/** What every account store promises. */
export function accountStoreContract(withStore: (work: (store: AccountStore) => Promise<void>) => Promise<void>): void {
  it("keeps users, whose names are compared without case", () =>
    withStore(async (store) => {
      expect([await store.countUsers(), await store.findUser("olga")]).toEqual([0, undefined]);
      expect(await store.addUser(user("olga", "admin"))).toBe(true);
      expect(await store.addUser(user("Anna"))).toBe(true);
      expect(await store.addUser({ ...user("OLGA"), passwordHash: "other" })).toBe(false);
      expect(await store.findUser("Olga")).toEqual(user("olga", "admin"));
      expect((await store.listUsers()).map((row) => row.name)).toEqual(["Anna", "olga"]);
      expect([await store.countUsers(), await store.countAdmins()]).toEqual([2, 1]);
      await store.setPassword("olga", "new");
      expect((await store.findUser("olga"))?.passwordHash).toBe("new");
    }));

  it("ends the sessions of a user who is removed", () =>
    withStore(async (store) => {
      await store.addUser(user("olga"));
      await store.addUser(user("anna"));
      await store.addSession(session("s1", "olga"));
      await store.addSession(session("s2", "anna"));
      expect(await store.removeUser("olga")).toBe(true);
      expect(await store.removeUser("olga")).toBe(false);
      expect(await store.findSession("s1")).toBeUndefined();
      expect(await store.findSession("s2")).toEqual(session("s2", "anna"));
    }));

  it("touches, removes and sweeps sessions", () =>
    withStore(async (store) => {
      await store.addUser(user("olga"));
      for (const hash of ["mine", "other", "old", "idle"]) await store.addSession(session(hash, "olga"));
      await store.touchSession("mine", 500);
      expect((await store.findSession("mine"))?.lastSeenAtMs).toBe(500);
      await store.removeSession("other");
      await store.touchSession("old", 500);
      await store.sweepSessions(999, 100);
      expect(await store.findSession("idle")).toBeUndefined();
      await store.removeSessionsOf("OLGA", "mine");
      expect(await store.findSession("old")).toBeUndefined();
      await store.sweepSessions(1000, 0);
      expect(await store.findSession("mine")).toBeUndefined();
    }));

  it("keeps tokens by the hash of their secret", () =>
    withStore(async (store) => {
      expect(await store.addToken(token("t1", "deploy", 1))).toBe(true);
      expect(await store.addToken(token("t2", "Deploy"))).toBe(false);
      expect(await store.addToken(token("t3", "watch", 2))).toBe(true);
      expect((await store.listTokens()).map((row) => row.name)).toEqual(["watch", "deploy"]);
      await store.touchToken("t1", 77);
      expect(await store.findToken("hash of t1")).toEqual({ ...token("t1", "deploy"), lastUsedAtMs: 77 });
      expect((await store.removeToken("t1"))?.name).toBe("deploy");
      expect(await store.removeToken("t1")).toBeUndefined();
      expect(await store.findToken("hash of t1")).toBeUndefined();
    }));
}
