import { createApiClient } from "@msec/api-schema";
import { type Clock, systemClock } from "@msec/core";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import {
  clientWithRole,
  cookieOf,
  PASSWORD,
  postJson,
  setUpAdmin,
  startTestConsole,
  type TestConsole,
} from "../testing/test-console.js";

const signIn = (app: TestConsole, name: string, password: string) =>
  postJson(`${app.httpUrl}/api/v1/sessions`, { name, password });
const current = (app: TestConsole, cookie: string) =>
  fetch(`${app.httpUrl}/api/v1/sessions/current`, { headers: { cookie } });

describe("first account and signing in", () => {
  let app: TestConsole;
  let cookie: string;

  beforeAll(async () => {
    app = await startTestConsole();
  });
  afterAll(() => app.stop());

  it("needs the token of the set-up link, once", async () => {
    const client = createApiClient({ baseUrl: app.httpUrl });
    expect(await client("setup.get")).toEqual({ needed: true });
    const wrong = { setupToken: "wrong", name: "eve", password: PASSWORD };
    await expect(client("setup.create", { body: wrong })).rejects.toMatchObject({ reason: "CON_SETUP_TOKEN_WRONG" });
    cookie = await setUpAdmin(app);
    expect(await client("setup.get")).toEqual({ needed: false });
    const again = { setupToken: app.setupToken, name: "eve", password: PASSWORD };
    await expect(client("setup.create", { body: again })).rejects.toMatchObject({ reason: "CON_SETUP_DONE" });
  });

  it("tells who one is", async () => {
    expect(await (await current(app, cookie)).json()).toMatchObject({ user: { name: "admin", role: "admin" } });
  });

  it("signs in with the password and sets a cookie that scripts of a page can't read", async () => {
    const answer = await signIn(app, "admin", PASSWORD);
    expect(answer.status).toBe(201);
    expect(answer.headers.get("set-cookie")).toMatch(/^msec_session=[\w-]{43}; .*HttpOnly; SameSite=Strict$/);
    expect(cookieOf(answer)).not.toBe(cookie);
  });

  it("answers the same to a wrong name and a wrong password", async () => {
    const [name, password] = [await signIn(app, "nobody", PASSWORD), await signIn(app, "admin", "wrong password")];
    const bodies = [await name.json(), await password.json()] as Record<string, unknown>[];
    expect([name.status, password.status]).toEqual([401, 401]);
    expect(bodies.map(({ requestId: _, ...rest }) => rest)).toEqual([
      { code: "UNAUTHENTICATED", reason: "CON_LOGIN_REFUSED", message: "name or password is wrong", details: {} },
      { code: "UNAUTHENTICATED", reason: "CON_LOGIN_REFUSED", message: "name or password is wrong", details: {} },
    ]);
  });

  it("ends a session on the server when signing out", async () => {
    const mine = cookieOf(await signIn(app, "admin", PASSWORD));
    const headers = { cookie: mine, "x-msec-client": "1" };
    const answer = await fetch(`${app.httpUrl}/api/v1/sessions/current`, { method: "DELETE", headers });
    expect(answer.status).toBe(200);
    expect(answer.headers.get("set-cookie")).toMatch(/^msec_session=;/);
    expect((await current(app, mine)).status).toBe(401);
    expect((await current(app, cookie)).status).toBe(200);
  });

  it("keeps no secret in the database", async () => {
    const { readFile } = await import("node:fs/promises");
    const files = await Promise.all(
      ["console.db", "console.db-wal"].map((name) => readFile(`${app.home}/console/${name}`).catch(() => Buffer.of())),
    );
    const content = Buffer.concat(files);
    expect(content.includes("admin")).toBe(true);
    expect(content.includes(cookie.split("=")[1] ?? "")).toBe(false);
    expect(content.includes(PASSWORD)).toBe(false);
    expect(content.includes(app.setupToken)).toBe(false);
  });
});

describe("attempts", () => {
  it("are limited by name, with the wait in the answer; the right password does not help then", async () => {
    const app = await startTestConsole();
    onTestFinished(() => app.stop());
    await setUpAdmin(app);
    for (let i = 0; i < 5; i++) expect((await signIn(app, "admin", "wrong password")).status).toBe(401);
    const answer = await signIn(app, "Admin", PASSWORD);
    expect(answer.status).toBe(429);
    expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(await answer.json()).toMatchObject({ reason: "CON_LOGIN_TOO_OFTEN", code: "RESOURCE_EXHAUSTED" });
  });

  it("are limited by address, whatever the names", async () => {
    const app = await startTestConsole();
    onTestFinished(() => app.stop());
    const statuses = [];
    for (let i = 0; i < 21; i++) statuses.push((await signIn(app, `user${i}`, "wrong password")).status);
    expect(statuses.slice(0, 20)).toEqual(Array(20).fill(401));
    expect(statuses[20]).toBe(429);
  });
});

describe("sessions", () => {
  it("end when they are not used, and at the absolute time", async () => {
    let nowMs = Date.now();
    const clock: Clock = { ...systemClock, nowMs: () => nowMs };
    const app = await startTestConsole({ session: { idleMs: 60_000, absoluteMs: 150_000 } }, { clock });
    onTestFinished(() => app.stop());
    const cookie = await setUpAdmin(app);
    nowMs += 50_000;
    expect((await current(app, cookie)).status).toBe(200);
    nowMs += 50_000;
    expect((await current(app, cookie)).status).toBe(200);
    nowMs += 49_000;
    expect((await current(app, cookie)).status).toBe(200);
    nowMs += 1_000;
    expect((await current(app, cookie)).status).toBe(401);
    const other = cookieOf(await signIn(app, "admin", PASSWORD));
    nowMs += 60_000;
    expect((await current(app, other)).status).toBe(401);
  });
});

describe("users and tokens", () => {
  let app: TestConsole;
  let cookie: string;
  let admin: Awaited<ReturnType<typeof clientWithRole>>;

  beforeAll(async () => {
    app = await startTestConsole();
    cookie = await setUpAdmin(app);
    admin = await clientWithRole(app, "admin", cookie);
  });
  afterAll(() => app.stop());

  it("adds and removes users; a removed one is signed out", async () => {
    await admin("users.create", { body: { name: "olga", password: PASSWORD, role: "operator" } });
    const olga = cookieOf(await signIn(app, "olga", PASSWORD));
    expect((await current(app, olga)).status).toBe(200);
    await admin("users.delete", { params: { name: "olga" } });
    expect((await current(app, olga)).status).toBe(401);
    expect((await admin("users.list")).users.map((user) => user.name)).toEqual(["admin"]);
  });

  it.each([
    ["a name that differs in case only", { name: "ADMIN", password: PASSWORD, role: "viewer" }, "CON_USER_EXISTS"],
    ["a short password", { name: "olga", password: "1234567", role: "viewer" }, "CON_INPUT_INVALID"],
    ["a name with a dash", { name: "ol-ga", password: PASSWORD, role: "viewer" }, "CON_INPUT_INVALID"],
    ["a role that is none", { name: "olga", password: PASSWORD, role: "root" }, "CON_INPUT_INVALID"],
  ])("refuses %s", async (_, body, reason) => {
    await expect(admin("users.create", { body: body as never })).rejects.toMatchObject({ reason });
  });

  it("keeps the last administrator", async () => {
    await expect(admin("users.delete", { params: { name: "admin" } })).rejects.toMatchObject({
      reason: "CON_LAST_ADMIN",
    });
    await expect(admin("users.delete", { params: { name: "nobody" } })).rejects.toMatchObject({
      reason: "CON_USER_UNKNOWN",
    });
  });

  it("changes one's own password and ends the other sessions", async () => {
    await admin("users.create", { body: { name: "petra", password: PASSWORD, role: "viewer" } });
    const [mine, other] = [
      cookieOf(await signIn(app, "petra", PASSWORD)),
      cookieOf(await signIn(app, "petra", PASSWORD)),
    ];
    const change = (body: unknown) =>
      fetch(`${app.httpUrl}/api/v1/users/current/password`, {
        method: "PUT",
        headers: { cookie: mine, "x-msec-client": "1", "content-type": "application/json" },
        body: JSON.stringify(body),
      });
    const wrong = await change({ current: "wrong password", next: "a new password" });
    expect(await wrong.json()).toMatchObject({ reason: "CON_PASSWORD_WRONG" });
    expect((await change({ current: PASSWORD, next: "a new password" })).status).toBe(200);
    expect((await current(app, mine)).status).toBe(200);
    expect((await current(app, other)).status).toBe(401);
    expect((await signIn(app, "petra", "a new password")).status).toBe(201);
  });

  it("makes tokens whose secret is shown once, and revokes them at once", async () => {
    const made = await admin("apiTokens.create", { body: { name: "deploy", role: "operator" } });
    expect(made.secret).toMatch(/^msec_[\w-]{43}$/);
    const script = createApiClient({ baseUrl: app.httpUrl, token: made.secret });
    expect((await script("sessions.current")).user).toMatchObject({ name: "deploy", role: "operator" });
    const { tokens } = await admin("apiTokens.list");
    expect(JSON.stringify(tokens)).not.toContain(made.secret);
    const deploy = tokens.find((token) => token.name === "deploy");
    expect(deploy?.lastUsedAtMs).toBeGreaterThan(0);
    await expect(admin("apiTokens.create", { body: { name: "deploy", role: "viewer" } })).rejects.toMatchObject({
      reason: "CON_API_TOKEN_EXISTS",
    });
    await expect(script("users.password", { body: { current: PASSWORD, next: PASSWORD } })).rejects.toMatchObject({
      reason: "CON_NOT_A_USER",
    });
    await admin("apiTokens.delete", { params: { tokenId: made.token.tokenId } });
    await expect(script("sessions.current")).rejects.toMatchObject({ reason: "CON_LOGIN_NEEDED" });
    await expect(admin("apiTokens.delete", { params: { tokenId: made.token.tokenId } })).rejects.toMatchObject({
      reason: "CON_API_TOKEN_UNKNOWN",
    });
  });

  it("lets a viewer read and nothing else", async () => {
    const viewer = await clientWithRole(app, "viewer", cookie);
    expect((await viewer("services.list")).groups.map((group) => group.name)).toEqual(["RESERVED"]);
    for (const denied of [
      viewer("groups.create", { body: { name: "Flight", kind: "standard" } }),
      viewer("users.list"),
      viewer("audit.list", {}),
    ])
      await expect(denied).rejects.toMatchObject({ reason: "CON_PERMISSION_DENIED", code: "PERMISSION_DENIED" });
  });

  it("writes what was done into an intact audit chain", async () => {
    const { entries, chainIntact } = await admin("audit.list", {});
    expect(chainIntact).toBe(true);
    expect(entries.at(-1)).toMatchObject({ entryId: 1, actor: "admin", action: "setup.create" });
    const actions = entries.map((entry) => entry.action);
    expect(actions).toEqual(
      expect.arrayContaining(["session.create", "user.delete", "user.password", "apiToken.create"]),
    );
    expect(entries.find((entry) => entry.action === "apiToken.delete")).toMatchObject({
      actor: "token:test_admin",
      target: "deploy",
    });
    const page = await admin("audit.list", { query: { limit: 1, before: 3 } });
    expect(page.entries.map((entry) => entry.entryId)).toEqual([2]);
  });
});
