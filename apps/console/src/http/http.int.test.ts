import { mkdir, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { type RouteSpec, routes } from "@msec/api-schema";
import { resolveConfig } from "@msec/core";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { ConsoleConfig } from "../config.js";
import { startConsole } from "../console.js";
import { PASSWORD, postJson, setUpAdmin, startTestConsole, type TestConsole } from "../testing/test-console.js";

let app: TestConsole;
let cookie: string;

beforeAll(async () => {
  app = await startTestConsole({ trustedHosts: "console.test, other.test:9000" });
  cookie = await setUpAdmin(app);
});
afterAll(() => app.stop());

/** Like fetch, but with any Host header. */
function get(path: string, headers: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    const outgoing = request(`${app.httpUrl}${path}`, { headers }, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    });
    outgoing.on("error", reject).end();
  });
}

describe("the API", () => {
  it("describes every route of the schema", async () => {
    const document = (await (await fetch(`${app.httpUrl}/api/openapi.json`)).json()) as {
      paths: Record<string, Record<string, { operationId: string; responses: object }>>;
    };
    const described = Object.values(document.paths).flatMap((methods) => Object.values(methods));
    expect(described.map((operation) => operation.operationId).toSorted()).toEqual(Object.keys(routes).toSorted());
    for (const operation of described) expect(Object.keys(operation.responses)).toContain("default");
  });

  it("refuses every route that is not public without an account", async () => {
    for (const [name, spec] of Object.entries(routes) as [string, RouteSpec][]) {
      if (spec.permission === "public") continue;
      const path = spec.path.replace(/:\w+/g, "Aa");
      const answer = await fetch(app.httpUrl + path, { method: spec.method, headers: { "x-msec-client": "1" } });
      expect(`${name} ${answer.status}`).toBe(`${name} 401`);
    }
  });

  it("answers health without an account", async () => {
    const answer = await fetch(`${app.httpUrl}/api/v1/health`);
    expect(await answer.json()).toEqual({ status: "ok", version: expect.stringMatching(/^\d+\.\d+\.\d+/) });
  });

  it("names every field that is wrong, and the limit", async () => {
    const body = { name: "x", kind: "other", more: 1 };
    const answer = await postJson(`${app.httpUrl}/api/v1/groups`, body, { cookie });
    expect(answer.status).toBe(400);
    const reply = (await answer.json()) as { details: { problems: { field: string; limit?: unknown }[] } };
    expect(reply).toMatchObject({ code: "INVALID_ARGUMENT", reason: "CON_INPUT_INVALID" });
    const found = reply.details.problems.map((p) => [p.field, p.limit]);
    expect(found).toContainEqual(["body.name", 2]);
    expect(found).toContainEqual(["body.kind", ["standard", "external"]]);
    expect(found).toContainEqual(["body.more", undefined]);
  });

  it("does not convert numbers in bodies, but does in queries", async () => {
    const body = { first: "Flight", second: "mod_flight", port: "8090" };
    const answer = await postJson(`${app.httpUrl}/api/v1/services`, body, { cookie });
    expect(await answer.json()).toMatchObject({
      details: { problems: [{ field: "body.port", problem: "is no integer" }] },
    });
    expect((await fetch(`${app.httpUrl}/api/v1/audit?limit=5`, { headers: { cookie } })).status).toBe(200);
    const bad = await fetch(`${app.httpUrl}/api/v1/audit?limit=501&limt=3`, { headers: { cookie } });
    expect(await bad.json()).toMatchObject({
      details: {
        problems: expect.arrayContaining([{ field: "query.limit", problem: "is more than 500", limit: 500 }]),
      },
    });
  });

  it.each([
    ["broken JSON", "application/json", "{", "CON_BODY_MALFORMED"],
    ["no JSON", "text/plain", "name=x", "CON_BODY_MALFORMED"],
    [
      "a prototype",
      "application/json",
      '{"__proto__":{"x":1},"name":"Flight","kind":"standard"}',
      "CON_BODY_MALFORMED",
    ],
    ["more than 1 MiB", "application/json", `"${"x".repeat(1024 * 1024)}"`, "CON_BODY_TOO_LARGE"],
  ])("refuses a body that is %s", async (_, type, body, reason) => {
    const headers = { cookie, "x-msec-client": "1", "content-type": type };
    const answer = await fetch(`${app.httpUrl}/api/v1/groups`, { method: "POST", headers, body });
    const reply = (await answer.json()) as Record<string, unknown>;
    expect(reply.reason).toBe(reason);
    expect(Object.keys(reply).toSorted()).toEqual(["code", "details", "message", "reason", "requestId"]);
  });

  it("takes only small bodies from people without an account", async () => {
    const answer = await postJson(`${app.httpUrl}/api/v1/sessions`, { name: "x".repeat(5000), password: PASSWORD });
    expect(await answer.json()).toMatchObject({ reason: "CON_BODY_TOO_LARGE", details: { limitBytes: 4096 } });
  });

  it("tells of an unknown path, with the id of the request", async () => {
    const answer = await fetch(`${app.httpUrl}/api/v1/nothing`);
    expect(answer.status).toBe(404);
    expect(await answer.json()).toMatchObject({
      reason: "CON_ROUTE_UNKNOWN",
      requestId: answer.headers.get("x-request-id"),
    });
  });
});

describe("protection", () => {
  it("needs the client header for changes by cookie", async () => {
    const headers = { cookie, "content-type": "application/json" };
    const body = JSON.stringify({ name: "Csrf", kind: "standard" });
    const answer = await fetch(`${app.httpUrl}/api/v1/groups`, { method: "POST", headers, body });
    expect(answer.status).toBe(403);
    expect(await answer.json()).toMatchObject({ reason: "CON_CLIENT_HEADER_MISSING" });
  });

  it("refuses changes from pages of elsewhere, signing in included", async () => {
    const body = { name: "admin", password: PASSWORD };
    const foreign = await postJson(`${app.httpUrl}/api/v1/sessions`, body, { origin: "http://evil.test" });
    expect(await foreign.json()).toMatchObject({ reason: "CON_ORIGIN_NOT_ALLOWED" });
    expect((await postJson(`${app.httpUrl}/api/v1/sessions`, body, { origin: "null" })).status).toBe(403);
    expect((await postJson(`${app.httpUrl}/api/v1/sessions`, body, { origin: app.httpUrl })).status).toBe(201);
  });

  it.each([
    ["console.test", 200],
    ["console.test:1234", 200],
    ["other.test:9000", 200],
    ["other.test:9001", 403],
    ["LOCALHOST:1", 200],
    ["evil.test", 403],
    ["127.0.0.1.evil.test", 403],
  ])("as host %s answers %i", async (host, status) => {
    expect(await get("/api/v1/health", { host })).toBe(status);
  });

  it("sends security headers with everything", async () => {
    for (const path of ["/", "/api/v1/health", "/api/v1/nothing"]) {
      const { headers } = await fetch(app.httpUrl + path);
      expect(headers.get("content-security-policy")).toContain("script-src 'self';");
      expect(headers.get("x-frame-options")).toBe("DENY");
      expect(headers.get("x-content-type-options")).toBe("nosniff");
    }
  });

  it("refuses tokens and cookies that are none", async () => {
    const url = `${app.httpUrl}/api/v1/sessions/current`;
    for (const headers of [
      { authorization: "Bearer msec_nothing" },
      { authorization: "Basic YWRtaW46YWRtaW4=" },
      { cookie: "msec_session=x" },
      { cookie, authorization: "Bearer x" },
    ] as Record<string, string>[])
      expect((await fetch(url, { headers })).status).toBe(401);
  });
});

describe("pages", () => {
  it("say how to build them while they are missing", async () => {
    const missing = await startTestConsole({ webDirectory: `${app.home}/nothing` });
    onTestFinished(() => missing.stop());
    const answer = await fetch(`${missing.httpUrl}/services/Flight`);
    expect(answer.status).toBe(200);
    expect(await answer.text()).toContain("npm run build");
  });

  it("are served from the directory; paths without a file get index.html", async () => {
    const directory = `${app.home}/web`;
    await mkdir(`${directory}/assets`, { recursive: true });
    await writeFile(`${directory}/index.html`, "<title>pages</title>");
    await writeFile(`${directory}/assets/app-1a2b.js`, "export {};");
    await writeFile(`${app.home}/secret.txt`, "secret");
    const built = await startTestConsole({ webDirectory: directory });
    onTestFinished(() => built.stop());
    const deep = await fetch(`${built.httpUrl}/services/Flight?tab=1`);
    expect([await deep.text(), deep.headers.get("cache-control")]).toEqual(["<title>pages</title>", "no-cache"]);
    const asset = await fetch(`${built.httpUrl}/assets/app-1a2b.js`);
    expect(asset.headers.get("cache-control")).toContain("immutable");
    expect((await fetch(`${built.httpUrl}/assets/gone.js`)).status).toBe(404);
    expect((await fetch(`${built.httpUrl}/..%2fsecret.txt`)).status).toBe(404);
  });
});

describe("the home", () => {
  it("is used by one console at a time", async () => {
    const config = resolveConfig(ConsoleConfig, {
      home: app.home,
      listen: "127.0.0.1:0",
      link: { listen: "127.0.0.1:0" },
    });
    await expect(startConsole(config)).rejects.toMatchObject({ reason: "CFG_HOME_IN_USE" });
    expect((await fetch(`${app.httpUrl}/api/v1/health`)).status).toBe(200);
  });

  it("keeps everything over a restart; the set-up link is not given again", async () => {
    const first = await startTestConsole();
    onTestFinished(() => first.stop());
    const mine = await setUpAdmin(first);
    await postJson(`${first.httpUrl}/api/v1/groups`, { name: "Kept", kind: "standard" }, { cookie: mine });
    await first.stopOnly();
    const config = resolveConfig(ConsoleConfig, {
      home: first.home,
      listen: "127.0.0.1:0",
      link: { listen: "127.0.0.1:0" },
    });
    const second = await startConsole(config);
    onTestFinished(() => second.stop());
    expect(second.setupLink).toBeUndefined();
    const answer = await fetch(`${second.httpUrl}/api/v1/services`, { headers: { cookie: mine } });
    expect(JSON.stringify(await answer.json())).toContain('"Kept"');
  });
});
