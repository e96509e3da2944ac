/** The real service host, without agent and console. */
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { tryReadServiceStat, tryReadWantedState } from "@msec/rpc/process";
import { afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { LocalService } from "./local-services.js";
import { createProgram } from "./program.js";

const SERVICE = "Test.local";
const sdkDir = dirname(createRequire(import.meta.url).resolve("@msec/sdk/package.json"));
const plugin = (body = "") =>
  `import { defineService } from "@msec/sdk"; export default defineService({ typeName: "t.T", methods: {} }, { ${body} });`;

let home: string;
let local: LocalService;

beforeAll(() => promisify(execFile)("npx", ["tsc", "-b", sdkDir], { cwd: sdkDir }), 120_000);
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "msec-local-"));
  local = new LocalService(SERVICE, { home, waitMs: 15_000, bind: "127.0.0.1" });
});
afterEach(async () => {
  await local.stop(true);
  rmSync(home, { recursive: true });
});

function install(releaseId: string, code: string, config = "[SRPC]\nlisten = 0/tcp\nprocnum = 1\n"): void {
  const dir = local.own.release(releaseId);
  mkdirSync(join(dir, "plugin"), { recursive: true });
  mkdirSync(join(dir, "etc"));
  mkdirSync(join(dir, "node_modules/@msec"), { recursive: true });
  symlinkSync(sdkDir, join(dir, "node_modules/@msec/sdk"));
  const manifest = { formatVersion: 1, service: SERVICE, main: "service.js" };
  writeFileSync(join(dir, "plugin/msec.json"), JSON.stringify(manifest));
  writeFileSync(join(dir, "plugin/package.json"), '{"type":"module"}');
  writeFileSync(join(dir, "plugin/service.js"), code);
  writeFileSync(join(dir, "etc/config.ini"), config);
  writeFileSync(join(dir, "release.json"), JSON.stringify({ releaseId, service: SERVICE }));
  rmSync(local.own.current, { force: true });
  symlinkSync(dir, local.own.current);
}

async function run(...args: string[]): Promise<string> {
  const write = process.stdout.write;
  let output = "";
  process.stdout.write = (text: string | Uint8Array) => {
    output += String(text);
    return true;
  };
  try {
    await createProgram().program.parseAsync(["node", "msec", ...args, "--home", home]);
  } finally {
    process.stdout.write = write;
  }
  return output;
}

it("starts, reloads, tells, counts and stops a service without any agent", async () => {
  await expect(local.start()).rejects.toMatchObject({ reason: "CLI_NO_RELEASE" });
  install("r-1", plugin());
  expect(await run("start", SERVICE, "--bind", "127.0.0.1")).toMatch(
    /^Test\.local: release r-1 runs, process \d+, 1 workers, 127\.0\.0\.1:\d+\/tcp\n$/,
  );
  const { pid } = local.tryState()!;
  expect((await local.start()).pid).toBe(pid);
  install("r-2", plugin("init() { throw new Error('no database'); }"));
  await expect(run("reload", SERVICE)).rejects.toMatchObject({
    reason: "CLI_RELOAD_FAILED",
    message: expect.stringMatching(/no database.*EXEC_INIT_FAILED/),
  });
  install("r-3", plugin());
  expect(await run("reload", SERVICE)).toMatch(/release r-3 runs, process \d+, 1 workers/);
  expect(local.tryState()).toMatchObject({ pid, releaseId: "r-3", reload: { number: 2, state: "done" } });
  const shown = await run("show", SERVICE);
  expect(shown).toMatch(/state +running\nwanted +running \(msec start by .*\nrelease +r-3\n/);
  expect(shown).toMatch(/reload +number 2 done\n/);
  await expect.poll(() => tryReadServiceStat(local.own.stat)?.releaseId, { timeout: 5_000 }).toBe("r-3");
  expect(await run("stat", SERVICE)).toMatch(
    /^Test\.local release r-3, running since .* 0 workers replaced, 2 reloads\nWORKER/,
  );
  expect(JSON.parse(await run("stat", "--json"))).toMatchObject({ service: SERVICE, total: { requests: 0 } });
  expect(await run("ps", "--local")).toMatch(/Test\.local +running +\d+ +1 +0 +0 +2/);
  expect(await run("stop", SERVICE)).toBe("Test.local: stopped\n");
  expect(await run("ps", "--local")).toMatch(/Test\.local +stopped/);
  expect(tryReadWantedState(local.own.wanted)).toMatchObject({
    wanted: "stopped",
    by: expect.stringMatching(/^msec stop by /),
  });
  await expect(run("show", SERVICE)).rejects.toMatchObject({ reason: "CLI_NOT_RUNNING" });
  expect(await run("stop", SERVICE)).toBe("Test.local: it was not running\n");
});

it("says why a service does not start, and kills one that does not end", async () => {
  install("r-1", "export default {{");
  await expect(local.start()).rejects.toMatchObject({
    reason: "CLI_START_FAILED",
    message: expect.stringMatching(/SyntaxError.*log\/ctrl\.log/s),
  });
  install("r-2", plugin("fini() { for (;;); }"));
  await local.start();
  const impatient = new LocalService(SERVICE, { home, waitMs: 300, bind: undefined });
  await expect(impatient.stop(false)).rejects.toMatchObject({ reason: "CLI_NOT_STOPPED" });
  expect(await local.stop(true)).toBe(true);
  expect(readFileSync(`${local.own.log}/ctrl.log`, "utf8")).toContain("stopping");
  await expect(local.reload()).rejects.toMatchObject({ reason: "CLI_NOT_RUNNING" });
});
