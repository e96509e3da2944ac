import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hashKey } from "@msec/balancer";
import { homePaths } from "@msec/core";
import { userHashOf } from "@msec/rpc";
import { LIVE_FIELD, openLiveTable, openLiveTableWriter } from "@msec/shm";
import { afterEach, expect, it } from "vitest";
import { tablePicker } from "./table-picker.js";

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const clean of cleanups.splice(0).reverse()) clean();
});

function createTable(hosts: readonly string[]) {
  const home = mkdtempSync(join(tmpdir(), "msec-picker-"));
  mkdirSync(homePaths(home).naming, { recursive: true });
  const path = homePaths(home).liveTable("Test.echo");
  const writer = openLiveTableWriter(path);
  const announce = (revision: number, list: readonly string[], policyId = 0): void =>
    writer.setMembers(
      revision,
      list.map((host) => ({ host, port: 80, transport: "all" as const, weight: 100 })),
      { policyId },
    );
  announce(1, hosts);
  const table = openLiveTable(path);
  cleanups.push(
    () => rmSync(home, { recursive: true }),
    () => writer.close(),
  );
  return { home, announce, table };
}

it("counts picks in and out in the table that all processes share", () => {
  const { home, table } = createTable(["127.0.0.1"]);
  const picker = tablePicker(home);
  const inFlight = (): number => table.get(table.slotAt(0), LIVE_FIELD.inFlight);
  const picks = [picker.pick("Test.echo", []), picker.pick("Test.echo", [])];
  expect(picks[0]).toMatchObject({ host: "127.0.0.1", port: 80, transport: "tcp" });
  expect(inFlight()).toBe(2);
  picks[0]!.report("success", 1);
  picks[1]!.report("cancelled", 1);
  expect(inFlight()).toBe(0);
  expect(table.get(table.slotAt(0), LIVE_FIELD.successTotal)).toBe(1);
});

it("avoids what was tried while others are left, and follows changes of the members", () => {
  const { home, announce } = createTable(["127.0.0.1", "127.0.0.2"]);
  const picker = tablePicker(home);
  const pickHost = (tried: readonly string[]): string => {
    const pick = picker.pick("Test.echo", tried);
    pick.report("success", 1);
    return pick.host;
  };
  const hosts = Array.from({ length: 20 }, () => pickHost(["127.0.0.1:80"]));
  expect(new Set(hosts)).toEqual(new Set(["127.0.0.2"]));
  announce(2, ["127.0.0.3"]);
  expect(pickHost([])).toBe("127.0.0.3");
  announce(3, []);
  expect(() => pickHost([])).toThrow(expect.objectContaining({ reason: "LB_NO_INSTANCE" }));
});

it("tells coloured calls why, and counts them like others", () => {
  const { home, table } = createTable(["127.0.0.1", "127.0.0.2", "127.0.0.3"]);
  const picker = tablePicker(home);
  const call = { callee: "Test.echo", userHash: 0 };
  expect(picker.pickFor({ ...call, isColored: false }, [])).not.toHaveProperty("choice");
  const pick = picker.pickFor({ ...call, isColored: true }, ["127.0.0.2:80"]);
  expect(pick.choice).toContain(`${pick.host}:80`);
  const inFlight = () => table.snapshot.slots.reduce((sum, slot) => sum + table.get(slot, LIVE_FIELD.inFlight), 0);
  expect(inFlight()).toBe(2);
  pick.report("success", 1);
  expect(inFlight()).toBe(1);
  expect(() => picker.pickFor({ ...call, callee: "Test.nobody", isColored: true }, [])).toThrow();
});

it("keeps calls of one user on one instance when the policy asks for it", () => {
  const { home, announce } = createTable([]);
  const hosts = ["127.0.0.1", "127.0.0.2", "127.0.0.3"];
  announce(2, hosts, 5); // consistent hash
  const picker = tablePicker(home);
  const hostOf = (userHash: number) => {
    const pick = picker.pickFor({ callee: "Test.echo", userHash, isColored: false }, []);
    pick.report("success", 1);
    return pick.host;
  };
  expect(hostOf(userHashOf("anna"))).toBe(hostOf(hashKey("anna"))); // what msec route --key asks for
  const users = Array.from({ length: 30 }, (_, n) => 0xffff_fff0 - n * 7);
  const chosen = users.map(hostOf);
  expect(users.map(hostOf)).toEqual(chosen);
  expect(new Set(chosen)).toEqual(new Set(hosts));
});

it("counts each use out once, however many there are at a time", () => {
  const { home, table } = createTable(["127.0.0.1"]);
  const picker = tablePicker(home);
  const routes = Array.from({ length: 10_005 }, () => picker.getRoute("Test.echo"));
  for (const { ip, port } of routes) picker.updateRoute("Test.echo", { ip, port, outcome: "success", costMs: 1 });
  expect(table.get(table.slotAt(0), LIVE_FIELD.inFlight)).toBe(0);
});

it("forgets routes whose outcome was never told", () => {
  const { home, table } = createTable(["127.0.0.1"]);
  let nowMs = 1_000;
  const failed: string[] = [];
  const picker = tablePicker(home, { nowMs: () => nowMs, onFailed: (service) => failed.push(service) });
  const inFlight = (): number => table.get(table.slotAt(0), LIVE_FIELD.inFlight);
  for (let n = 0; n < 3; n += 1) picker.getRoute("Test.echo");
  expect(inFlight()).toBe(3);
  nowMs += 60_001;
  const { ip, port } = picker.getRoute("Test.echo");
  expect(inFlight()).toBe(1);
  picker.updateRoute("Test.echo", { ip, port, outcome: "success", costMs: 1 });
  expect(inFlight()).toBe(0);
  picker.updateRoute("Test.echo", { ip, port, outcome: "error", costMs: 1 }); // told without a route
  expect([inFlight(), table.get(table.slotAt(0), LIVE_FIELD.failureTotal)]).toEqual([0, 1]);
  expect(() => picker.getRoute("Test.nobody")).toThrow();
  expect(failed).toEqual(["Test.nobody"]);
});

it("shares the budget for repeats between all pickers of the machine; successes fill it again", () => {
  const { home } = createTable(["127.0.0.1"]);
  const [one, other] = [tablePicker(home), tablePicker(home)];
  expect(one.budget("Test.echo").take()).toBe(false); // not used yet: nothing is known of it
  const [pick] = [one.pick("Test.echo", []), other.pick("Test.echo", [])];
  const budgets = [one.budget("Test.echo"), other.budget("Test.echo")] as const;
  let taken = 0;
  while (budgets[taken % 2 === 0 ? 0 : 1].take()) taken += 1;
  expect(taken).toBe(10);
  for (let n = 0; n < 5; n += 1) one.pick("Test.echo", []).report("success", 1);
  pick!.report("reset", 1);
  expect([budgets[1].take(), budgets[0].take()]).toEqual([true, false]);
  budgets[0].giveBack();
  expect(budgets[1].take()).toBe(true);
});

it("serves all picks of an instance with one object, and a new instance in its slot with another", () => {
  const { home, announce } = createTable(["127.0.0.1"]);
  const picker = tablePicker(home);
  const [first, second] = [picker.pick("Test.echo", []), picker.pick("Test.echo", [], performance.now())];
  expect(second).toBe(first);
  announce(2, ["127.0.0.9"]);
  const third = picker.pick("Test.echo", []);
  expect(third.host).toBe("127.0.0.9");
  for (const pick of [first, second, third]) pick.report("success", 1, performance.now());
});
