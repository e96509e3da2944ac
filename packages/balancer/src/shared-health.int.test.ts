/** The balancer on a real shared table: what one user of the file learns, another one knows. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bootNowMs, LIVE_FIELD, openLiveTable, openLiveTableWriter } from "@msec/shm";
import { afterEach, beforeEach, expect, expectTypeOf, it } from "vitest";
import { Balancer } from "./balancer.js";
import { describeInstance } from "./describe-instance.js";
import { HEALTH_FIELD, type HealthTable } from "./health-table.js";
import { policyName, tryPolicyId } from "./policies/registry.js";
import { seededRandom } from "./seeded-random.js";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "msec-health-"));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const members = (...lasts: number[]) =>
  lasts.map((last) => ({ host: `10.0.0.${last}`, port: 80, transport: "tcp" as const, weight: 100 }));

function user(path: string, seed: number) {
  const table = openLiveTable(path);
  expectTypeOf(table).toExtend<HealthTable>();
  const balancer = new Balancer(table, { nowMs: bootNowMs, random: seededRandom(seed) });
  const call = (isServed: (address: string) => boolean) => {
    const slot = balancer.pick([]);
    const address = table.address(slot);
    const outcome = isServed(address) ? "success" : "refused";
    balancer.report({ slot, generation: table.generation(slot), outcome, latencyMs: 0.1 });
    return address;
  };
  return { table, balancer, call };
}

it("has the field numbers of the shared layout", () => {
  expect({ ...HEALTH_FIELD }).toEqual({ ...LIVE_FIELD });
});

it("lets all users avoid an instance that refused one of them, and one other that made sure", () => {
  const path = join(dir, "VOA.Crawl.live");
  openLiveTableWriter(path).setMembers(1, members(1, 2), { policyId: tryPolicyId("adaptive") ?? 0 });
  const [one, other] = [user(path, 1), user(path, 2)];
  expect(policyName(one.table.policyId)).toBe("adaptive");
  let lost = 0;
  for (let n = 0; n < 200 && lost === 0; n += 1)
    if (one.call((address) => address !== "10.0.0.1:80") === "10.0.0.1:80") lost += 1;
  expect(lost).toBe(1);
  const isServed = (address: string) => address !== "10.0.0.1:80";
  expect(other.call(isServed)).toBe("10.0.0.1:80"); // the second opinion
  const third = user(path, 3);
  const picked = new Set(Array.from({ length: 200 }, (_, n) => (n % 2 === 0 ? other : third).call(isServed)));
  expect([...picked]).toEqual(["10.0.0.2:80"]);
  expect(describeInstance(other.table, 0, { nowMs: bootNowMs() })).toMatchObject({
    state: "ejected",
    facts: { ejectReason: "refused" },
  });
});

it("follows members that come and go, without a call to one that is gone", () => {
  const path = join(dir, "VOA.Crawl.live");
  const writer = openLiveTableWriter(path, { capacity: 2 });
  writer.setMembers(1, members(1, 2));
  const { call, table } = user(path, 3);
  call(() => true);
  writer.setMembers(2, members(3, 4, 5));
  const picked = new Set(Array.from({ length: 300 }, () => call(() => true)));
  expect([...picked].toSorted()).toEqual(["10.0.0.3:80", "10.0.0.4:80", "10.0.0.5:80"]);
  for (let index = 0; index < table.count; index += 1)
    expect(table.get(table.slotAt(index), LIVE_FIELD.inFlight)).toBe(0);
});
