import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { currentTable, fillTable } from "@msec/balancer";
import { type Clock, type HostPort, silentLogger, systemClock } from "@msec/core";
import type { ServiceEntry } from "@msec/naming";
import { openUdp } from "@msec/net";
import { decodeRouteAnswer, encodeRouteQuestion, NLB_WORD, type NlbRoute, type NlbServersView } from "@msec/protocol";
import { createNlbFiles, type NlbFiles, nlbServiceDirectory, openNlbFiles, tryLockNlbDirectory } from "@msec/shm";
import { expect, it, onTestFinished } from "vitest";
import { OriginalNaming, type OriginalNamingOptions } from "./original-naming.js";

const SERVICE = "Login.ptlogin";

function setUp() {
  const directory = mkdtempSync(join(tmpdir(), "msec-original-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const clock: Clock & { addMs: number } = { ...systemClock, addMs: 0, nowMs: () => Date.now() + clock.addMs };
  const start = (options: Partial<OriginalNamingOptions> = {}): OriginalNaming => {
    const fixed = { directory, groupId: undefined, port: 0, compat: "fixed", logger: silentLogger } as const;
    const naming = new OriginalNaming({ ...fixed, clock, random: Math.random, ...options });
    onTestFinished(() => naming.stop());
    return naming;
  };
  return { directory, clock, start };
}

function entry(lasts: readonly number[], more: Partial<ServiceEntry> = {}): ServiceEntry {
  const labels = { zone: "", rack: "", set: "" };
  const instances = lasts.map((last) => ({
    ...{ host: `10.0.0.${last}`, port: 80, transport: "tcp" as const, weight: 100 },
    ...labels,
  }));
  const fixed = { policy: "adaptive", check: "none", locality: "none", partition: false, revision: 1 } as const;
  return { ...fixed, service: SERVICE, instances, ...more };
}

async function until<T>(look: () => T | undefined | false | Promise<T | undefined>): Promise<T> {
  const deadlineMs = performance.now() + 10_000;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > deadlineMs) throw new Error("gave up");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

const tryOpen = (directory: string): NlbFiles | undefined => {
  try {
    return openNlbFiles(directory, SERVICE);
  } catch {
    return undefined;
  }
};
const hosts = (view: NlbServersView): string[] =>
  Array.from({ length: view.serverCount }, (_, n) => view.host(n)).toSorted();
const weights = (view: NlbServersView): Record<string, number> =>
  Object.fromEntries(Array.from({ length: view.serverCount }, (_, n) => [view.host(n), view.dynamicWeight(n)]));

it("writes what is announced, follows changes and removals without new files", async () => {
  const { directory, start } = setUp();
  const naming = start();
  naming.write(entry([1, 2]));
  const files = await until(() => tryOpen(directory));
  expect(hosts(currentTable(files))).toEqual(["10.0.0.1", "10.0.0.2"]);
  expect(files.meta.name).toBe(SERVICE);
  naming.write(entry([2, 3], { tuning: { shaping_request_min: 5 } }));
  await until(() => hosts(currentTable(files)).join() === "10.0.0.2,10.0.0.3");
  expect(currentTable(files).word(NLB_WORD.shaping_request_min)).toBe(5);
  naming.empty(SERVICE);
  await until(() => currentTable(files).serverCount === 0);
  expect(files.isReplaced()).toBe(false);
});

it("shapes weights every five seconds from what programs counted, and goes on after a restart", async () => {
  const { directory, start, clock } = setUp();
  const naming = start();
  naming.write(entry([1, 2, 3]));
  const files = await until(() => tryOpen(directory));
  const { index } = files.meta;
  currentTable(files).addCounters(0, { failed: 50, success: 50, cost: 100n });
  currentTable(files).addCounters(1, { failed: 20, success: 0, cost: 0n });
  clock.addMs += 5_000;
  await until(() => files.meta.index !== index);
  const shaped = { "10.0.0.1": 25, "10.0.0.2": 0, "10.0.0.3": 100 };
  expect(weights(currentTable(files))).toEqual(shaped);
  naming.stop();
  const again = start();
  again.write(entry([1, 2, 3]));
  expect(again.isWriting).toBe(true);
  currentTable(files).addCounters(0, { failed: 0, success: 20, cost: 0n });
  await until(() => {
    clock.addMs += 1_000;
    return weights(currentTable(files))["10.0.0.1"] === 30;
  });
  expect(weights(currentTable(files))).toEqual({ ...shaped, "10.0.0.1": 30 });
});

it("waits for the agent of the archived system and takes over its files as they are", async () => {
  const { directory, start, clock } = setUp();
  const theirs = tryLockNlbDirectory(directory)!;
  const servers = [{ host: "10.0.0.7", ports: [80], transport: "all" as const, weight: 1_000 }];
  const fill = (table: NlbServersView): void => fillTable(table, { policy: "odd", tuning: {}, servers });
  const files = createNlbFiles(directory, SERVICE, { mtimeMs: 1, fill });
  const naming = start();
  naming.write(entry([1], { service: "Login.other" }));
  expect(naming.isWriting).toBe(false);
  currentTable(files).addCounters(0, { failed: 30, success: 70, cost: 0n });
  theirs.close();
  clock.addMs += 1_000;
  await until(() => naming.isWriting);
  clock.addMs += 5_000;
  await until(() => currentTable(files).dynamicWeight(0) === 489);
  expect(files.isReplaced()).toBe(false);
  await until(() => openOther(directory));
});

const openOther = (directory: string): boolean => {
  try {
    return openNlbFiles(directory, "Login.other").servers[0].host(0) === "10.0.0.1";
  } catch {
    return false;
  }
};

it("makes files anew that somebody deleted or damaged", async () => {
  const { directory, start, clock } = setUp();
  const naming = start();
  naming.write(entry([1]));
  const old = await until(() => tryOpen(directory));
  rmSync(nlbServiceDirectory(directory, SERVICE), { recursive: true });
  clock.addMs += 5_000;
  const files = await until(() => tryOpen(directory));
  expect([old.isReplaced(), hosts(currentTable(files)).join()]).toEqual([true, "10.0.0.1"]);
});

it("answers questions by weight, and says at once when there is nothing", async () => {
  const { start } = setUp();
  const port = await freeUdpPort();
  const naming = start({ port });
  naming.write(entry([4]));
  await until(() => naming.port);
  const ask = await openAsker(port);
  expect(await until(() => ask(SERVICE))).toEqual({ host: "10.0.0.4", port: 80, transport: "tcp" });
  expect(await ask("Login.unknown")).toBeUndefined();
  expect(await ask("../../etc/passwd")).toBeUndefined();
  naming.empty(SERVICE);
  await until(async () => ((await ask(SERVICE)) === undefined ? true : undefined));
});

async function freeUdpPort(): Promise<number> {
  const udp = await openUdp({ onDatagram: () => undefined });
  udp.close();
  return udp.address.port;
}

async function openAsker(port: number): Promise<(service: string) => Promise<NlbRoute | undefined>> {
  const waiting: ((answer: Uint8Array) => void)[] = [];
  const udp = await openUdp({ onDatagram: (bytes) => waiting.shift()?.(bytes) });
  onTestFinished(() => udp.close());
  const to: HostPort = { host: "127.0.0.1", port };
  return async (service) => {
    const answer = new Promise<Uint8Array>((resolve) => waiting.push(resolve));
    udp.send(encodeRouteQuestion(service), to);
    return decodeRouteAnswer(await answer);
  };
}
