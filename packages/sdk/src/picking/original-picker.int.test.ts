import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { currentTable, fillTable } from "@msec/balancer";
import { homePaths } from "@msec/core";
import { type NlbServer, tryDecodeRouteQuestion } from "@msec/protocol";
import { createNlbFiles, type NlbFiles, nlbServiceDirectory, openLiveTableWriter } from "@msec/shm";
import { expect, it, onTestFinished } from "vitest";
import { OriginalPicker, type OriginalPickerOptions } from "./original-picker.js";

const SERVICE = "Test.echo";

function setUp(options: Partial<OriginalPickerOptions> = {}) {
  const home = mkdtempSync(join(tmpdir(), "msec-original-"));
  onTestFinished(() => rmSync(home, { recursive: true }));
  const directory = `${home}/nlb`;
  const clock = { nowMs: 1_000 };
  const failed: string[] = [];
  const onFailed = (service: string): void => void failed.push(service);
  const picker = new OriginalPicker(home, { directory, askPort: 0, onFailed, nowMs: () => clock.nowMs, ...options });
  const write = (servers: readonly NlbServer[]): NlbFiles => {
    const fill = (table: Parameters<typeof fillTable>[0]): void =>
      fillTable(table, { policy: "standard", tuning: {}, servers });
    return createNlbFiles(directory, SERVICE, { mtimeMs: 1, fill });
  };
  return { home, directory, clock, failed, picker, write };
}

const server = (last: number, ports = [80], transport: "tcp" | "udp" | "all" = "all"): NlbServer => ({
  host: `127.0.0.${last}`,
  ports,
  transport,
  weight: 100,
});

it("calls a service that only the files know, and counts there", () => {
  const { picker, write, failed } = setUp();
  const table = currentTable(write([server(1)]));
  for (const outcome of ["success", "success", "timeout", "refused", "cancelled", "busy"] as const) {
    const pick = picker.pickFor({ callee: SERVICE, userHash: 1, isColored: true }, []);
    expect(pick).toMatchObject({ host: "127.0.0.1", port: 80, transport: "tcp" });
    pick.report(outcome, 7.4);
  }
  expect([table.success(0), table.failed(0), table.cost(0), failed]).toEqual([2, 2, 14n, []]);
});

it("gives routes for protocols of the author's own and counts how they went", () => {
  const { picker, write } = setUp();
  const table = currentTable(write([server(2, [3306], "udp")]));
  const { ip, port, transport, address } = picker.getRoute(SERVICE);
  expect([ip, port, transport, address]).toEqual(["127.0.0.2", 3306, "udp", "127.0.0.2:3306"]);
  picker.updateRoute(SERVICE, { ip, port, outcome: "success", costMs: 3 });
  picker.updateRoute(SERVICE, { ip, port, outcome: "error", costMs: 3 });
  expect([table.success(0), table.failed(0)]).toEqual([1, 1]);
});

it("avoids what was tried while others are left", () => {
  const { picker, write } = setUp();
  write([server(1), server(2)]);
  const hosts = Array.from({ length: 30 }, () => picker.pick(SERVICE, ["127.0.0.1:80"]).host);
  expect(hosts.filter((host) => host === "127.0.0.2").length).toBeGreaterThan(25);
});

it("has a budget for repeats of its own", () => {
  const { picker, write } = setUp();
  write([server(1)]);
  picker.pick(SERVICE, []);
  const budget = picker.budget(SERVICE);
  for (let n = 0; n < 10; n += 1) expect(budget.take()).toBe(true);
  expect(budget.take()).toBe(false);
  for (let n = 0; n < 6; n += 1) budget.onCall(0);
  expect(budget.take()).toBe(true);
  budget.giveBack();
  expect(budget.take()).toBe(true);
});

it("goes over to the live table when there is one", () => {
  const { home, picker, write, clock } = setUp();
  write([server(1)]);
  expect(picker.pick(SERVICE, []).host).toBe("127.0.0.1");
  mkdirSync(homePaths(home).naming, { recursive: true });
  const writer = openLiveTableWriter(homePaths(home).liveTable(SERVICE));
  onTestFinished(() => writer.close());
  writer.setMembers(1, [{ host: "127.0.0.9", port: 80, transport: "all", weight: 100 }]);
  expect(picker.pick(SERVICE, []).host).toBe("127.0.0.1");
  clock.nowMs += 2_001;
  const pick = picker.pick(SERVICE, []);
  expect(pick.host).toBe("127.0.0.9");
  pick.report("success", 1);
  picker.close();
});

it("follows files that were exchanged", () => {
  const { picker, write, directory, clock } = setUp();
  write([server(1)]);
  expect(picker.pick(SERVICE, []).host).toBe("127.0.0.1");
  rmSync(nlbServiceDirectory(directory, SERVICE), { recursive: true });
  write([server(2)]);
  clock.nowMs += 2_001;
  expect(picker.pick(SERVICE, []).host).toBe("127.0.0.2");
});

it("fails with the reason when nobody knows the service, nobody serves it, or its files are damaged", () => {
  const { picker, write, failed, clock } = setUp();
  const reasonOf = (service = SERVICE): string => {
    try {
      picker.pick(service, []);
      return "none";
    } catch (error) {
      return (error as { reason: string }).reason;
    }
  };
  expect(reasonOf()).toBe("NAME_SERVICE_UNKNOWN");
  expect(reasonOf("../etc.passwd")).toBe("NAME_INVALID");
  write([]);
  clock.nowMs += 1_001;
  expect(reasonOf()).toBe("LB_NO_INSTANCE");
  write([server(1, [])]);
  expect(reasonOf()).toBe("LB_NO_INSTANCE");
  expect(failed).toHaveLength(4);
});

it("asks the agent of the archived system for files that are missing, once a second", async () => {
  const agent = createSocket("udp4");
  onTestFinished(() => void agent.close());
  agent.bind(0, "127.0.0.1");
  await once(agent, "listening");
  const { picker } = setUp({ askPort: agent.address().port });
  const asked = once(agent, "message");
  for (let n = 0; n < 5; n += 1) expect(() => picker.getRoute(SERVICE)).toThrow("is known on this machine");
  const [datagram] = (await asked) as [Uint8Array];
  expect(tryDecodeRouteQuestion(datagram)).toBe(SERVICE);
});
