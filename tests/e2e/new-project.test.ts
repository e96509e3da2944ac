/** What a service author does first: new, gen, check, test, build, run, change. No console and no agent is there. */
import { readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { freePort, makeTempDirectory, runProgram, startProgram, TestScope, waitUntil } from "@msec/testkit";
import { extract } from "tar-stream";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MSEC, msec, nodeModules } from "./msec-cli.js";

const scope = new TestScope();
const home = makeTempDirectory(scope, "home");
const directory = join(makeTempDirectory(scope, "project"), "cart");
let port = 0;

beforeAll(async () => {
  port = await freePort();
});
afterAll(() => scope.close());

/** One of the scripts of the project's package.json, as `npm run` does it. */
const script = (name: string) => runProgram(["npm", "run", "--silent", name], { cwd: directory, timeoutMs: 120_000 });

const callSomething = (name: string) =>
  msec(["call", `127.0.0.1:${port}`, "GetSomething", "--idl", "cart.proto", "--data", JSON.stringify({ name })], {
    cwd: directory,
  });

function editService(from: string, to: string): void {
  const file = join(directory, "src/service.ts");
  const text = readFileSync(file, "utf8");
  expect(text).toContain(from);
  writeFileSync(file, text.replace(from, to));
}

describe("a new project", () => {
  it("is made with a first interface, and not over files that exist", async () => {
    const made = await msec(["new", "Shop.cart", "--dir", directory, "--port", String(port)]);
    expect(made).toMatchObject({ code: 0, stderr: "" });
    expect(made.stdout).toContain("npm install");
    symlinkSync(nodeModules, join(directory, "node_modules")); // what npm install would make
    const again = await msec(["new", "Shop.cart", "--dir", directory]);
    expect(again).toMatchObject({ code: 6, stdout: "" });
    expect(again.stderr).toMatch(/cart exists and is not empty.*--dir.*\[CLI_PROJECT_EXISTS\]/);
  });

  it("generates the same code again, type-checks and passes its own test", async () => {
    expect(await script("gen")).toMatchObject({ code: 0, stdout: "src/gen/cart.ts (unchanged)\n" });
    expect(await script("check")).toMatchObject({ code: 0, stdout: "" });
    const own = await script("test");
    expect(own, own.stdout + own.stderr).toMatchObject({ code: 0 });
    expect(own.stdout).toMatch(/1 passed/);
  });

  it("builds one archive, the same bytes for the same sources", async () => {
    expect(await script("build")).toMatchObject({ code: 0 });
    const archive = readFileSync(join(directory, "dist/Shop.cart.tgz"));
    const entries = await unpack(archive);
    expect([...entries.keys()]).toEqual(["idl/cart.proto", "msec.json", "service.js", "service.js.map"]);
    expect(JSON.parse(entries.get("msec.json") ?? "")).toEqual({
      formatVersion: 1,
      service: "Shop.cart",
      main: "service.js",
    });
    expect(entries.get("service.js")).toMatch(/from "@msec\/sdk"/);
    const second = join(directory, "dist/again.tgz");
    expect(await msec(["build", "--dir", directory, "--out", second])).toMatchObject({ code: 0 });
    expect(readFileSync(second).equals(archive)).toBe(true);
  });

  it("runs, is called over SRPC and HTTP, follows each change, and survives a bad one", async () => {
    const run = await startProgram(scope, [...MSEC, "run", "--home", home], { cwd: directory });
    expect(await callSomething("srpc")).toMatchObject({ code: 0, stdout: '{"errcode":0,"errmsg":"hello srpc"}\n' });
    expect(run.output()).toMatch(
      /"level":"info","msg":"asked by msec\.cli for srpc",.*"RPCName":"shop\.CartService\.GetSomething"/,
    );
    const answer = await fetch(`http://127.0.0.1:${port}/?methodName=shop.CartService.GetSomething`, {
      method: "POST",
      body: JSON.stringify({ name: "http" }),
    });
    expect(await answer.json()).toMatchObject({ ret: 0, resultObj: { errcode: 0, errmsg: "hello http" } });

    editService("hello ", "welcome ");
    await waitUntil(
      "the change is served",
      async () => (await callSomething("x")).stdout.includes("welcome x"),
      20_000,
    );

    editService("return {", "return {{{");
    await waitUntil("the error is told", () => /src\/service\.ts:\d+:\d+: /.exec(run.output())?.[0], 20_000);
    expect(run.output()).toContain("the last good build goes on");
    expect((await callSomething("y")).stdout).toContain("welcome y");

    editService("return {{{", "return {");
    editService("welcome ", "hello again, ");
    await waitUntil("the repair is served", async () => (await callSomething("z")).stdout.includes("again, z"), 20_000);
    expect(await run.stop("SIGINT")).toBe(0);
    const gone = await callSomething("late");
    expect(gone.code).toBe(3);
    expect(gone.stderr).toContain(`127.0.0.1:${port}`);
  });

  it("says with file and line what is wrong with an interface", async () => {
    const file = join(directory, "cart.proto");
    const good = readFileSync(file, "utf8");
    writeFileSync(file, good.replace("optional int32 id = 2;", "optional int32 id = 1;"));
    const gen = await msec(["gen", "--dir", directory]);
    writeFileSync(file, good);
    expect(gen.code).toBe(2);
    expect(gen.stderr).toMatch(/^cart\.proto is not a valid IDL:\n {2}12:\d+ number 1 of field id/);
  });
});

describe("outside of a project", () => {
  it.each(["gen", "build", "run"])("msec %s says which file is missing", async (command) => {
    const empty = makeTempDirectory(scope, "empty");
    const result = await msec([command, "--dir", empty]);
    expect(result.code).toBe(2);
    expect(result.stderr).toMatch(/package\.json.*msec new/);
  });
});

async function unpack(archive: Uint8Array): Promise<Map<string, string>> {
  const tar = extract();
  tar.end(gunzipSync(archive));
  const entries = new Map<string, string>();
  for await (const entry of tar) {
    const chunks: Uint8Array[] = [];
    for await (const chunk of entry) chunks.push(chunk as Uint8Array);
    entries.set(entry.header.name, Buffer.concat(chunks).toString());
  }
  return entries;
}
