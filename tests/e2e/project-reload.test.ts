/** `msec run` beside an editor: each save is in use at once, what is wrong is told with its place, and no call fails meanwhile. */
import { readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort, makeTempDirectory, type RunningProgram, startProgram, TestScope, waitUntil } from "@msec/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MSEC, msec, nodeModules } from "./msec-cli.js";

const scope = new TestScope();
const directory = join(makeTempDirectory(scope, "project"), "cart");
let port = 0;
let run: RunningProgram;

beforeAll(async () => {
  port = await freePort();
  expect(await msec(["new", "Shop.cart", "--dir", directory, "--port", String(port)])).toMatchObject({ code: 0 });
  symlinkSync(nodeModules, join(directory, "node_modules"));
  run = await startProgram(scope, [...MSEC, "run", "--home", makeTempDirectory(scope, "home")], { cwd: directory });
});
afterAll(() => scope.close());

/** Over one connection that is kept. */
async function ask(name = "x"): Promise<{ readonly ret: number; readonly resultObj: Record<string, unknown> }> {
  const url = `http://127.0.0.1:${port}/?methodName=shop.CartService.GetSomething`;
  const answer = await fetch(url, { method: "POST", body: JSON.stringify({ name }) });
  return (await answer.json()) as Awaited<ReturnType<typeof ask>>;
}

const textOf = async (): Promise<unknown> => (await ask()).resultObj.errmsg;

function edit(file: string, from: string, to: string): void {
  const path = join(directory, file);
  const text = readFileSync(path, "utf8");
  expect(text).toContain(from);
  writeFileSync(path, text.replace(from, to));
}

describe("msec run", () => {
  it("puts each save into use without failing a call", async () => {
    let isOver = false;
    const others = (async () => {
      const results = new Set<number>();
      while (!isOver) results.add((await ask()).ret);
      return results;
    })();
    for (const [from, to] of [
      ["hello ", "welcome "],
      ["welcome ", "good day "],
    ] as const) {
      edit("src/service.ts", from, to);
      await waitUntil(`"${to}" is answered`, async () => (await textOf()) === `${to}x`, 20_000);
    }
    isOver = true;
    expect([...(await others)]).toEqual([0]);
  });

  it("tells the place of a syntax error, goes on with the old code, and takes the repaired one", async () => {
    edit("src/service.ts", "return {", "return {{");
    await waitUntil("the error is told", () => /src\/service\.ts:\d+:\d+: .*\n?.*/.exec(run.output())?.[0], 20_000);
    expect(run.output()).toContain("the last good build goes on");
    expect(await textOf()).toBe("good day x");
    edit("src/service.ts", "return {{", "return {");
    edit("src/service.ts", "good day ", "hi ");
    await waitUntil("the repair is answered", async () => (await textOf()) === "hi x", 20_000);
  });

  it("goes on with the old code when the new one can't be started", async () => {
    edit("src/service.ts", "export default", 'throw new Error("not today");\nexport default');
    await waitUntil("the error is told", () => /the old one goes on.*not today/.exec(run.output())?.[0], 20_000);
    expect(await textOf()).toBe("hi x");
    edit("src/service.ts", 'throw new Error("not today");\n', "");
  });

  it("generates code again when the interface changes", async () => {
    edit("cart.proto", "optional string errmsg = 2;", "optional string errmsg = 2;\n  optional string shelf = 7;");
    await waitUntil(
      "the code is there",
      () => readFileSync(join(directory, "src/gen/cart.ts"), "utf8").includes("shelf"),
      20_000,
    );
    edit("src/service.ts", "errmsg:", 'shelf: "A7", errmsg:');
    await waitUntil("the new field is answered", async () => (await ask()).resultObj.shelf === "A7", 20_000);
  });

  it("logs what a handler threw with its line in the source, the method and the request", async () => {
    edit(
      "src/service.ts",
      "    ctx.metrics",
      '    if (request.name === "boom") throw new TypeError("no such cart");\n    ctx.metrics',
    );
    const line =
      readFileSync(join(directory, "src/service.ts"), "utf8")
        .split("\n")
        .findIndex((text) => text.includes("boom")) + 1;
    await waitUntil("the handler throws", async () => (await ask("boom")).ret !== 0, 20_000);
    const logged = await waitUntil(
      "it is logged",
      () => /.*handler failed.*no such cart.*/.exec(run.output())?.[0],
      20_000,
    );
    const { method, requestId, error } = JSON.parse(logged) as Record<string, unknown> & { error: { stack: string } };
    expect(method).toBe("shop.CartService.GetSomething");
    expect(requestId).toMatch(/^\d+$/);
    expect(error.stack).toContain(`${directory}/src/service.ts:${line}:`);
  });

  it("starts the process anew when the configuration changes", async () => {
    edit("etc/config.ini", "procnum=1", "procnum=1\nmax_in_flight=50");
    const readies = () => run.output().match(/"msg":"ready"/g)?.length ?? 0;
    await waitUntil("it is ready again", () => readies() > 1, 20_000);
    expect(await textOf()).toBe("hi x");
  });
});
