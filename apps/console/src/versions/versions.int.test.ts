import { randomBytes } from "node:crypto";
import { readdir, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { type ApiClient, MAX_PLUGIN_BYTES, MAX_TEXT_BYTES } from "@msec/api-schema";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { MAIN, manifest, pluginArchive, tgz } from "../testing/plugin-archive-fixture.js";
import { clientWithRole, setUpAdmin, startTestConsole, type TestConsole } from "../testing/test-console.js";

let app: TestConsole;
let cookie: string;
let api: ApiClient;
const params = { first: "Flight", second: "mod_flight" };
const plugin = (tag: string) => ({ ...params, tag });
const blobs = () => readdir(`${app.home}/console/blobs`);

/** Sends until it is answered. */
function uploadWithoutEnd(): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const chunk = new Uint8Array(1 << 20);
    const outgoing = request(`${app.httpUrl}/api/v1/services/Flight/mod_flight/plugins/huge`, {
      method: "PUT",
      headers: { cookie, "x-msec-client": "1", "content-type": "application/octet-stream" },
    });
    const send = () => {
      if (!outgoing.destroyed) outgoing.write(chunk, () => setImmediate(send));
    };
    outgoing.on("error", reject).on("response", (answer) => {
      let text = "";
      answer.on("data", (part: Buffer) => {
        text += part.toString();
      });
      answer.on("end", () => {
        outgoing.destroy();
        resolve(JSON.parse(text));
      });
    });
    send();
  });
}

beforeAll(async () => {
  app = await startTestConsole();
  cookie = await setUpAdmin(app);
  api = await clientWithRole(app, "admin", cookie);
  await api("groups.create", { body: { name: "Flight", kind: "standard" } });
  await api("services.create", { body: { ...params, port: 8090 } });
});
afterAll(() => app.stop());

describe("configs", () => {
  it("get the service's port and keep the author's text otherwise", async () => {
    const content = "# mine\n[LOG]\nLevel=INFO ; enough\n[SRPC]\nlisten = 1/tcp   # old\nprocnum=2\n";
    const version = await api("configs.create", { params, body: { tag: "v1", memo: "first", content } });
    expect(version).toMatchObject({ tag: "v1", memo: "first", author: "token:test_admin", usedBy: [] });
    const saved = await api("configs.get", { params: plugin("v1") });
    expect(saved.content).toBe(content.replace("1/tcp", "8090/tcp 8090/udp"));
    expect(saved.version).toEqual(version);
    expect(version.sizeBytes).toBe(saved.content.length);
  });

  it("never change: a tag that exists is refused and stays", async () => {
    await api("configs.create", { params, body: { tag: "v2", content: "[A]\nb=1\n" } });
    const before = await api("configs.get", { params: plugin("v2") });
    await expect(api("configs.create", { params, body: { tag: "v2", content: "[A]\nb=2\n" } })).rejects.toMatchObject({
      reason: "CON_VERSION_EXISTS",
    });
    expect(await api("configs.get", { params: plugin("v2") })).toEqual(before);
  });

  it("are listed newest first, and removed", async () => {
    await api("configs.create", { params, body: { tag: "v3", content: "" } });
    const tags = (await api("configs.list", { params })).versions.map((version) => version.tag);
    expect(tags.slice(0, 2)).toEqual(["v3", "v2"]);
    await api("configs.delete", { params: plugin("v3") });
    for (const gone of [api("configs.get", { params: plugin("v3") }), api("configs.delete", { params: plugin("v3") })])
      await expect(gone).rejects.toMatchObject({ reason: "CON_VERSION_UNKNOWN" });
  });

  it("with errors are refused with their places, and nothing is kept", async () => {
    const content = "[SRPC\nlisten=1\n[LOG]\nLevel=LOUD\n[LOG]\n";
    const { problems } = await api("configs.check", { params, body: { content } });
    expect(problems.map((p) => [p.line, p.column, p.rule, p.severity])).toEqual([
      [1, 1, "CONFIG_BRACKET", "error"],
      [4, 7, "CONFIG_LEVEL", "error"],
      [5, 1, "CONFIG_SECTION_REPEATED", "error"],
    ]);
    await expect(api("configs.create", { params, body: { tag: "bad", content } })).rejects.toMatchObject({
      reason: "CON_CONFIG_INVALID",
      details: { problems },
    });
    await expect(api("configs.get", { params: plugin("bad") })).rejects.toMatchObject({
      reason: "CON_VERSION_UNKNOWN",
    });
  });

  it("that are too large are refused, counted in characters and in bytes", async () => {
    const long = { tag: "long", content: "#".repeat(MAX_TEXT_BYTES + 1) };
    await expect(api("configs.create", { params, body: long })).rejects.toMatchObject({ reason: "CON_INPUT_INVALID" });
    const wide = { tag: "wide", content: `#${"é".repeat(MAX_TEXT_BYTES / 2)}` };
    await expect(api("configs.create", { params, body: wide })).rejects.toMatchObject({ reason: "CON_TEXT_TOO_LARGE" });
  });

  it("have a sample that is free of problems", async () => {
    const { content } = await api("configs.sample", { params });
    expect(content).toContain("listen=8090/tcp 8090/udp");
    expect(await api("configs.check", { params, body: { content } })).toEqual({ problems: [] });
  });

  it("are not for external services", async () => {
    const external = { first: "RESERVED", second: "monitor" };
    await expect(api("configs.create", { params: external, body: { tag: "v1", content: "" } })).rejects.toMatchObject({
      reason: "CON_VERSIONS_NOT_FOR_KIND",
    });
  });
});

describe("interfaces", () => {
  it("have a sample that can be saved and read back unchanged", async () => {
    const { content } = await api("idls.sample", { params });
    expect(await api("idls.check", { params, body: { content } })).toEqual({ problems: [] });
    await api("idls.create", { params, body: { tag: "v1", content } });
    expect((await api("idls.get", { params: plugin("v1") })).content).toBe(content);
  });

  it("with errors are refused with their places", async () => {
    const content = "package flight;\nmessage A { required string name = 0; }\n";
    await expect(api("idls.create", { params, body: { tag: "bad", content } })).rejects.toMatchObject({
      reason: "CON_IDL_INVALID",
      details: { problems: expect.arrayContaining([expect.objectContaining({ line: 2, rule: "IDL_FIELD_NUMBER" })]) },
    });
    const rules = (await api("idls.check", { params, body: { content: "package flight;" } })).problems.map(
      (p) => p.rule,
    );
    expect(rules).toContain("IDL_SERVICE_MISSING");
  });
});

describe("plug-ins", () => {
  it("are kept by the hash of their content, once", async () => {
    const archive = await pluginArchive();
    const version = await api("plugins.upload", { params: plugin("v1"), query: { memo: "first" }, body: archive });
    expect(version).toMatchObject({ tag: "v1", memo: "first", sizeBytes: archive.length });
    const again = await api("plugins.upload", { params: plugin("v2"), body: archive });
    expect(again.sha256).toBe(version.sha256);
    expect(await blobs()).toEqual([version.sha256]);
    await api("plugins.delete", { params: plugin("v1") });
    expect(await blobs()).toEqual([version.sha256]);
    await api("plugins.delete", { params: plugin("v2") });
    expect(await blobs()).toEqual([]);
  });

  it("never change: a tag that exists is refused", async () => {
    await api("plugins.upload", { params: plugin("kept"), body: await pluginArchive() });
    const other = await tgz([manifest(), { ...MAIN, content: "export default 2;" }]);
    await expect(api("plugins.upload", { params: plugin("kept"), body: other })).rejects.toMatchObject({
      reason: "CON_VERSION_EXISTS",
    });
    expect(await blobs()).toHaveLength(1);
    await api("plugins.delete", { params: plugin("kept") });
  });

  it.each([
    ["bytes that are no archive", async () => randomBytes(5000), "CON_PLUGIN_NOT_ARCHIVE"],
    ["nothing", async () => new Uint8Array(), "CON_PLUGIN_NOT_ARCHIVE"],
    ["another service's archive", () => pluginArchive("Other.service"), "CON_PLUGIN_SERVICE_MISMATCH"],
    ["no manifest", () => tgz([MAIN]), "CON_PLUGIN_MANIFEST_MISSING"],
  ])("refuse %s and keep nothing", async (_, body, reason) => {
    await expect(api("plugins.upload", { params: plugin("bad"), body: await body() })).rejects.toMatchObject({
      reason,
    });
    expect(await blobs()).toEqual([]);
    expect((await api("plugins.list", { params })).versions).toEqual([]);
  });

  it("refuse more than the limit while it comes in", async () => {
    const answer = await uploadWithoutEnd();
    expect(answer).toMatchObject({ reason: "CON_PLUGIN_TOO_LARGE", details: { limitBytes: MAX_PLUGIN_BYTES } });
    await expect.poll(blobs, { timeout: 5000 }).toEqual([]);
  });

  it("keep nothing of an upload that is cut", async () => {
    await new Promise<void>((resolve) => {
      const outgoing = request(`${app.httpUrl}/api/v1/services/Flight/mod_flight/plugins/cut`, {
        method: "PUT",
        headers: { cookie, "x-msec-client": "1", "content-type": "application/octet-stream", "content-length": 1000 },
      });
      outgoing.on("error", () => undefined).on("close", resolve);
      outgoing.write(randomBytes(100), () => outgoing.destroy());
    });
    await expect.poll(blobs, { timeout: 5000 }).toEqual([]);
    expect((await api("plugins.list", { params })).versions).toEqual([]);
  });

  it("go with their service", async () => {
    const name = { first: "Flight", second: "gone" };
    await api("services.create", { body: name });
    await api("plugins.upload", { params: { ...name, tag: "v1" }, body: await pluginArchive("Flight.gone") });
    expect(await blobs()).toHaveLength(1);
    await api("services.delete", { params: name });
    expect(await blobs()).toEqual([]);
  });

  it("leave no half-written or unused file after a restart", async () => {
    const first = await startTestConsole();
    onTestFinished(() => first.stop());
    await first.stopOnly();
    await writeFile(`${first.home}/console/blobs/incoming-1`, "half");
    await writeFile(`${first.home}/console/blobs/${"0".repeat(64)}`, "unused");
    const second = await startTestConsole({ home: first.home });
    onTestFinished(() => second.stop());
    expect(await readdir(`${first.home}/console/blobs`)).toEqual([]);
  });
});
