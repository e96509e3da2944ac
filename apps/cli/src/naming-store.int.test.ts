/** `msec naming copy` between files and a real ZooKeeper. The console's side: apps/console/src/naming/zookeeper-names.int.test.ts. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeTempDirectory, startZookeeper, TestScope, type Zookeeper, zookeeperMissing } from "@msec/testkit";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { createProgram } from "./program.js";

const names = (...lasts: number[]) => ({
  services: [
    {
      service: "Data.mysql",
      policy: "odd",
      check: "tcp",
      instances: [{ host: "10.0.0.9", port: 3306, transport: "tcp" }],
    },
    {
      service: "VOA.Crawl",
      policy: "adaptive",
      tuning: { success_ratio_base: 0.95 },
      instances: lasts.map((last) => ({ host: `10.0.0.${last}`, port: 80, transport: "all", weight: 50, zone: "z1" })),
    },
  ],
});

describe.skipIf(zookeeperMissing !== undefined)("msec naming copy", { timeout: 60_000 }, () => {
  const scope = new TestScope();
  let zookeeper: Zookeeper;
  let first: string;
  let second: string;
  beforeAll(async () => {
    const dir = makeTempDirectory(scope, "names");
    [first, second] = [join(dir, "first.json"), join(dir, "second.json")];
    zookeeper = await startZookeeper(scope);
  }, 60_000);
  afterAll(() => scope.close());

  const copy = async (...words: string[]) => {
    const said: string[] = [];
    const spy = vi.spyOn(process.stdout, "write").mockImplementation((text) => said.push(String(text)) > 0);
    try {
      await createProgram().program.parseAsync(["node", "msec", "naming", "copy", ...words]);
    } finally {
      spy.mockRestore();
    }
    return said.join("");
  };

  it("takes names there and back with all that they hold; a dry run and a repeat change nothing", async () => {
    writeFileSync(first, JSON.stringify(names(1, 2)));
    const sum = "2 added, 0 changed, 0 the same, 0 refused";
    expect(await copy(first, zookeeper.url, "--dry-run")).toContain(`would copy ${first} to ${zookeeper.url}: ${sum}`);
    expect(await copy(first, zookeeper.url)).toContain(`copied ${first} to ${zookeeper.url}: ${sum}`);
    expect(await copy(first, zookeeper.url)).toContain("0 added, 0 changed, 2 the same, 0 refused");
    expect(await copy(zookeeper.url, second)).toContain(sum);
    const found = JSON.parse(readFileSync(second, "utf8"));
    expect(found).toMatchObject(names(1, 2));

    writeFileSync(first, JSON.stringify({ services: names(2, 3).services.slice(1) }));
    expect(await copy(first, zookeeper.url)).toMatch(/change +VOA\.Crawl +\+10\.0\.0\.3:80 -10\.0\.0\.1:80/);
    expect(await copy(zookeeper.url, second, "--json")).toContain('"action":"same","text":""');
    expect(JSON.parse(readFileSync(second, "utf8"))).toMatchObject(names(2, 3));
  });

  it("says what is wrong with an end before anything is copied", async () => {
    writeFileSync(second, '{"services":[{"service":"A1.B1","policy":"wrr","instances":[{"host":"www","port":1}]}]}');
    await expect(copy(second, zookeeper.url)).rejects.toMatchObject({ reason: "CLI_NAMES_UNREADABLE" });
    await expect(copy(join(second, "none"), zookeeper.url)).rejects.toMatchObject({ reason: "CLI_NAMES_UNREADABLE" });
    await expect(copy(first, "http://console")).rejects.toMatchObject({ reason: "CLI_ARGUMENT_INVALID" });
    await expect(copy(first, "zk://ops@zk")).rejects.toMatchObject({ reason: "NAME_ZOOKEEPER_TARGET_INVALID" });
  });
});
