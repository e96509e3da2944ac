import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeTempDirectory, TestScope, waitUntil } from "@msec/testkit";
import { afterEach, describe, expect, it } from "vitest";
import { watchProject } from "./watch-project.js";

const scope = new TestScope();
afterEach(() => scope.close());

function watchNew() {
  const directory = makeTempDirectory(scope, "watched");
  const write = (file: string, text = "x") => {
    mkdirSync(join(directory, file, ".."), { recursive: true });
    writeFileSync(join(directory, file), text);
  };
  for (const file of ["shop.proto", "etc/config.ini", "src/service.ts", "src/deep/cart.ts"]) write(file);
  const seen = new Set<string>();
  scope.add(
    watchProject(directory, (files) => {
      for (const file of files) seen.add(file);
    }),
  );
  /** Does something and waits until the file is told, and gives all that was told. */
  const told = async (file: string, act: () => void): Promise<readonly string[]> => {
    seen.clear();
    act();
    await waitUntil(`${file} is told`, () => seen.has(file), 10_000);
    return [...seen];
  };
  /** As many editors save, and `sed -i`: another file takes the name over. */
  const replace = (file: string) => {
    write(`${file}~`);
    renameSync(join(directory, `${file}~`), join(directory, file));
  };
  return { directory, write, told, replace };
}

describe("a watched project", () => {
  it.each(["shop.proto", "etc/config.ini", "src/service.ts", "src/deep/cart.ts"])(
    "tells each save of %s, in place or by another file that takes its name",
    async (file) => {
      const { told, replace, write } = watchNew();
      for (let n = 0; n < 3; n++) expect(await told(file, () => replace(file))).toEqual([file]);
      expect(await told(file, () => write(file, "in place"))).toEqual([file]);
    },
  );

  it("follows files that are removed and come back, as by git checkout", async () => {
    const { directory, told, write } = watchNew();
    const file = "src/service.ts";
    for (let n = 0; n < 2; n++) {
      await told(file, () => rmSync(join(directory, file)));
      await told(file, () => write(file));
    }
  });

  it("follows folders that are new, or come back under their name", async () => {
    const { directory, told, replace, write } = watchNew();
    await told("lib/prices/table.ts", () => write("lib/prices/table.ts"));
    for (let n = 0; n < 2; n++) await told("lib/prices/table.ts", () => replace("lib/prices/table.ts"));
    await told("src", () => rmSync(join(directory, "src"), { recursive: true }));
    await told("src/deep/cart.ts", () => write("src/deep/cart.ts"));
    await told("src/deep/cart.ts", () => write("src/deep/cart.ts", "again"));
  });

  it("leaves out what it makes itself and what editors keep beside open files", async () => {
    const { told, write } = watchNew();
    const others = ["src/gen/shop.ts", "dist/a.tgz", ".msec/run/x.js", "node_modules/a/b.js"];
    const editors = ["src/.service.ts.swp", "src/4913", "src/.#service.ts", "src/#service.ts#", "src/a.ts___jb_tmp___"];
    const files = await told("src/service.ts", () => {
      for (const file of [...others, ...editors, "src/service.ts"]) write(file);
    });
    expect(files).toEqual(["src/service.ts"]);
  });
});
