/** The code of the guide "Testing a service" is what it says: it compiles in a project and its tests pass. */
import { copyFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeTempDirectory, runProgram, TestScope } from "@msec/testkit";
import { afterAll, expect, it } from "vitest";
import { msec, nodeModules } from "./msec-cli.js";

const scope = new TestScope();
afterAll(() => scope.close());

const guide = (name: string) => readFileSync(`docs/guide/${name}.md`, "utf8");

/** TypeScript blocks that begin with the name of their file. */
function filesOf(page: string): ReadonlyMap<string, string> {
  return new Map(
    [...page.matchAll(/```ts\n\/\/ (src\/\S+)\n(.*?)```/gs)].map(([, file = "", text = ""]) => [file, text]),
  );
}

it("compiles and passes", async () => {
  const directory = makeTempDirectory(scope, "guide");
  mkdirSync(join(directory, "src"));
  symlinkSync(nodeModules, join(directory, "node_modules"));
  copyFileSync("apps/cli/templates/service/tsconfig.json", join(directory, "tsconfig.json"));
  const manifest = { name: "guide", type: "module", msec: { service: "Flight.query", port: 7963 } };
  writeFileSync(join(directory, "package.json"), JSON.stringify(manifest));
  const proto = /```proto\n(.*?)```/s.exec(guide("service-author"))?.[1] ?? "";
  writeFileSync(join(directory, "flight.proto"), proto);
  const files = new Map([...filesOf(guide("service-author")), ...filesOf(guide("testing"))]);
  expect([...files.keys()].toSorted()).toEqual([
    "src/chain.test.ts",
    "src/network.test.ts",
    "src/service.test.ts",
    "src/service.ts",
  ]);
  for (const [file, text] of files) writeFileSync(join(directory, file), text);

  expect(await msec(["gen", "--dir", directory])).toMatchObject({ code: 0 });
  const program = (name: string) => [process.execPath, join(nodeModules, name)];
  const check = await runProgram([...program("typescript/bin/tsc"), "--noEmit"], { cwd: directory });
  expect(check).toMatchObject({ code: 0, stdout: "" });
  const tests = await runProgram([...program("vitest/vitest.mjs"), "run"], { cwd: directory });
  expect(tests, tests.stdout + tests.stderr).toMatchObject({ code: 0 });
});
