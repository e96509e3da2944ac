import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { loadPlugin, readManifest, readReleaseConfig, readReleaseId } from "./release-dir.js";

const root = mkdtempSync(join(tmpdir(), "msec-release-"));
afterAll(() => rmSync(root, { recursive: true }));

let count = 0;
function createPlugin(manifest: unknown, code = ""): string {
  const dir = join(root, `plugin-${count++}`);
  mkdirSync(dir);
  writeFileSync(join(dir, "msec.json"), typeof manifest === "string" ? manifest : JSON.stringify(manifest));
  writeFileSync(join(dir, "service.mjs"), code);
  return dir;
}
const good = { formatVersion: 1, service: "Test.echo", main: "service.mjs" };

describe("a plug-in directory", () => {
  it.each([
    { name: "not JSON", manifest: "{", problem: /not JSON/ },
    { name: "a list", manifest: "[]", problem: /not a JSON object/ },
    { name: "newer format", manifest: { ...good, formatVersion: 2 }, problem: /formatVersion is 2, this SDK runs 1/ },
    { name: "no service", manifest: { ...good, service: undefined }, problem: /service is missing/ },
    { name: "no main", manifest: { ...good, main: "" }, problem: /main is not a path inside/ },
    { name: "absolute main", manifest: { ...good, main: "/etc/passwd" }, problem: /main is not a path inside/ },
    { name: "main outside", manifest: { ...good, main: "a/../../x.js" }, problem: /main is not a path inside/ },
  ])("is refused: $name", ({ manifest, problem }) => {
    expect(() => readManifest(createPlugin(manifest))).toThrow(problem);
  });

  it("is refused without msec.json", () => {
    expect(() => readManifest(root)).toThrow(expect.objectContaining({ reason: "EXEC_PLUGIN_INVALID" }));
  });

  it.each([
    { name: "no default export", code: "export const a = 1;", reason: "EXEC_PLUGIN_INVALID" },
    { name: "another default", code: "export default { say() {} };", reason: "EXEC_PLUGIN_INVALID" },
    { name: "import fails", code: 'import "node:nowhere";', reason: "EXEC_PLUGIN_LOAD_FAILED" },
    { name: "throws", code: 'throw new Error("at import");', reason: "EXEC_PLUGIN_LOAD_FAILED" },
  ])("is not loaded: $name", async ({ code, reason }) => {
    await expect(loadPlugin(createPlugin(good, code), "Test.echo")).rejects.toMatchObject({ reason });
  });

  it("is not loaded for another service", async () => {
    await expect(loadPlugin(createPlugin(good), "Test.other")).rejects.toThrow(
      /built for Test\.echo, this is Test\.other/,
    );
  });

  it("gives its definition", async () => {
    const code = 'export default { [Symbol.for("msec.service-definition")]: 1, services: [], hooks: {} };';
    expect(await loadPlugin(createPlugin(good, code), "Test.echo")).toMatchObject({ services: [], hooks: {} });
  });
});

describe("a release directory", () => {
  it("is `dev` with defaults when it holds nothing else", () => {
    expect(readReleaseId(root)).toBe("dev");
    expect(readReleaseConfig(root, "127.0.0.2").listen[0]?.host).toBe("127.0.0.2");
  });

  it("says which file is wrong", () => {
    writeFileSync(join(root, "release.json"), "{}");
    expect(() => readReleaseId(root)).toThrow(/release\.json: releaseId is missing/);
    mkdirSync(join(root, "etc/config.ini"), { recursive: true });
    expect(() => readReleaseConfig(root, undefined)).toThrow(/config\.ini: EISDIR/);
  });
});
