import { expect, it } from "vitest";
import { Balancer } from "./balancer.js";
import { describeInstance } from "./describe-instance.js";
import { reportProbe } from "./ejection.js";
import { type CallOutcome, HEALTH_FIELD as F } from "./health-table.js";
import { MemoryHealthTable } from "./memory-health-table.js";
import { POLICIES, policyName, tryPolicyId } from "./policies/registry.js";
import { seededRandom } from "./seeded-random.js";
import { DEFAULT_SETTINGS } from "./settings.js";

function setUp() {
  const table = new MemoryHealthTable([1, 2].map((n) => ({ address: `10.0.0.${n}:80`, weight: 100 })));
  const clock = { nowMs: 1_000 };
  const balancer = new Balancer(table, { nowMs: () => clock.nowMs, random: seededRandom(1) });
  const call = (outcome: CallOutcome, latencyMs = 2) => {
    table.begin(0);
    balancer.report({ slot: 0, generation: table.generation(0), outcome, latencyMs });
  };
  return { table, clock, call, tell: () => describeInstance(table, 0, { nowMs: clock.nowMs }) };
}

it("tells one that was never called", () => {
  expect(setUp().tell()).toMatchObject({ state: "unused", text: "in use: not called from this machine yet" });
});

it("tells a working one with figures", () => {
  const { call, tell } = setUp();
  for (let n = 0; n < 10; n += 1) call("success");
  expect(tell()).toMatchObject({
    address: "10.0.0.1:80",
    state: "ready",
    text: "in use: 100 % ok, 2.0 ms",
    facts: { windowSuccesses: 10, pickedTotal: 10, share: 1, inFlight: 0, ejectReason: "none", suspicion: 0 },
  });
});

it("tells one that refuses calls as busy", () => {
  const { call, tell } = setUp();
  call("success");
  for (let n = 0; n < 30; n += 1) call("busy", 0);
  expect(tell().text).toBe("in use: 100 % ok, busy for 86 %, 2.0 ms");
  expect(tell().facts).toMatchObject({ busyTotal: 30, pickedTotal: 31 });
});

it("tells an ejected one, who said so, and when it is tried again", () => {
  const { table, clock, call, tell } = setUp();
  for (let n = 0; n < 4; n += 1) {
    call("refused", 0);
    clock.nowMs += n === 3 ? 3_000 : 5_000;
  }
  expect(tell()).toMatchObject({
    state: "ejected",
    text: "ejected 3 s ago: refused connections; next trial in 1 s",
  });
  reportProbe(table, 0, { answered: false, nowMs: clock.nowMs, settings: DEFAULT_SETTINGS });
  expect(tell().facts.probe).toEqual({ agoMs: 0, answered: false });
  table.set(0, F.accuser, 5);
  expect(tell().text).toBe("ejected 3 s ago: refused connections of one process; next trial in 1 s");
});

it("has each policy id and name once, and a default for unknown ids", () => {
  expect(new Set(POLICIES.map((row) => row.id)).size).toBe(POLICIES.length);
  expect(new Set(POLICIES.map((row) => row.name)).size).toBe(POLICIES.length);
  expect(policyName(99)).toBe("adaptive");
  expect(tryPolicyId("nope")).toBeUndefined();
});
