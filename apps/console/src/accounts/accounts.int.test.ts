import { createApiClient } from "@msec/api-schema";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  cookieOf,
  PASSWORD,
  postJson,
  setUpAdmin,
  startTestConsole,
  type TestConsole,
} from "../testing/test-console.js";

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
    const answer = await fetch(`${app.httpUrl}/api/v1/sessions/current`, { headers: { cookie } });
    expect(await answer.json()).toMatchObject({ user: { name: "admin", role: "admin" } });
  });

  it("signs in with the password and sets a cookie that scripts of a page can't read", async () => {
    const answer = await postJson(`${app.httpUrl}/api/v1/sessions`, { name: "admin", password: PASSWORD });
    expect(answer.status).toBe(201);
    expect(answer.headers.get("set-cookie")).toMatch(/^msec_session=[\w-]{43}; .*HttpOnly; SameSite=Strict$/);
    expect(cookieOf(answer)).not.toBe(cookie);
  });
});
