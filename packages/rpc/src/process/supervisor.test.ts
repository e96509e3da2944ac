import { describe, expect, it } from "vitest";
import { Supervisor } from "./supervisor.js";
import type { SupervisorAction } from "./supervisor-snapshot.js";
import type { SupervisorOptions } from "./worker-set.js";

const ids = (actions: readonly SupervisorAction[], kind: SupervisorAction["kind"]): number[] =>
  actions.flatMap((action) => (action.kind === kind && "workerId" in action ? [action.workerId] : []));

/** A supervisor whose first workers are ready at 0. */
function running(options: Partial<SupervisorOptions> = {}): Supervisor {
  const supervisor = new Supervisor({ workers: 2, ...options });
  for (const id of ids(supervisor.start(0), "fork")) supervisor.onReady(id, 0);
  return supervisor;
}

describe("Supervisor", () => {
  it("starts all workers at once and runs when the last is ready", () => {
    const supervisor = new Supervisor({ workers: 3 });
    expect(supervisor.start(0)).toEqual(
      [1, 2, 3].map((workerId) => ({ kind: "fork", workerId, generation: 1, isReplacement: false })),
    );
    supervisor.onReady(1, 5);
    supervisor.onReady(2, 6);
    expect(supervisor.snapshot.phase).toBe("starting");
    supervisor.onReady(3, 7);
    expect(supervisor.snapshot).toMatchObject({ phase: "running", restarts: 0, text: "" });
    expect(supervisor.start(8)).toEqual([]);
  });

  it("replaces a dead worker at once the first time, then with growing pauses up to the limit", () => {
    const supervisor = running({ workers: 1 });
    const pauses: number[] = [];
    let nowMs = 100;
    let actions = supervisor.onExit(1, "exit code 1", nowMs);
    for (let id = 2; id < 9; id += 1) {
      const diedAtMs = nowMs;
      while (ids(actions, "fork").length === 0) {
        nowMs += 100;
        actions = supervisor.tick(nowMs);
      }
      expect(ids(actions, "fork")).toEqual([id]);
      pauses.push(nowMs - diedAtMs);
      actions = supervisor.onExit(id, "exit code 1", nowMs);
    }
    expect(pauses).toEqual([0, 500, 1_000, 2_000, 4_000, 8_000, 10_000]);
    expect(supervisor.snapshot).toMatchObject({ phase: "starting", restarts: 7, text: "a worker died (exit code 1)" });
  });

  it("counts the pauses anew after a worker was ready for long", () => {
    const supervisor = running({ workers: 1, stableMs: 1_000 });
    expect(ids(supervisor.onExit(1, "x", 10), "fork")).toEqual([2]);
    supervisor.onReady(2, 20);
    expect(ids(supervisor.onExit(2, "x", 1_019), "fork")).toEqual([]);
    expect(ids(supervisor.tick(1_519), "fork")).toEqual([3]);
    supervisor.onReady(3, 1_600);
    expect(ids(supervisor.onExit(3, "x", 2_600), "fork")).toEqual([4]);
  });

  it("is starting while a worker is missing and running again after", () => {
    const supervisor = running();
    supervisor.onExit(2, "killed by SIGKILL", 50);
    expect(supervisor.snapshot).toMatchObject({
      phase: "starting",
      text: "a worker died (killed by SIGKILL)",
      workers: [
        { workerId: 1, phase: "ready" },
        { workerId: 3, phase: "starting" },
      ],
    });
    supervisor.onReady(3, 60);
    expect(supervisor.snapshot).toMatchObject({ phase: "running", restarts: 1, text: "" });
  });

  it("fails at once when a worker says why it can't start before the first run", () => {
    const supervisor = new Supervisor({ workers: 2 });
    supervisor.start(0);
    expect(ids(supervisor.onFailed(1, "no database", 5), "stop")).toEqual([1, 2]);
    expect(supervisor.onExit(1, "exit code 1", 6)).toEqual([]);
    expect(supervisor.onExit(2, "exit code 0", 7)).toEqual([{ kind: "finish", exitCode: 1 }]);
    expect(supervisor.snapshot).toMatchObject({ phase: "failed", text: "no database", workers: [] });
  });

  it("fails when workers die before they are ready", () => {
    const supervisor = new Supervisor({ workers: 1, maxStartDeaths: 3 });
    supervisor.start(0);
    expect(ids(supervisor.onExit(1, "exit code 3", 1), "fork")).toEqual([2]);
    expect(ids(supervisor.onExit(2, "exit code 3", 2), "fork")).toEqual([]);
    expect(ids(supervisor.tick(502), "fork")).toEqual([3]);
    expect(supervisor.onExit(3, "exit code 3", 503)).toEqual([{ kind: "finish", exitCode: 1 }]);
    expect(supervisor.snapshot.text).toBe("workers died 3 times before they were ready; the last: exit code 3");
  });

  it("never gives up a service that ran, and keeps the reason", () => {
    const supervisor = running({ workers: 1 });
    supervisor.onExit(1, "exit code 1", 0);
    for (let id = 2; id < 20; id += 1) {
      expect(supervisor.onFailed(id, "no database", id * 20_000)).toEqual([]);
      supervisor.onExit(id, "exit code 1", id * 20_000);
      expect(supervisor.snapshot).toMatchObject({ phase: "starting", text: "no database" });
      expect(ids(supervisor.tick((id + 1) * 20_000), "fork")).toEqual([id + 1]);
    }
  });

  it("kills silent workers once, and takes a heartbeat for life", () => {
    const supervisor = running({ heartbeatTimeoutMs: 5_000 });
    supervisor.onHeartbeat(1, 4_000);
    expect(supervisor.tick(4_999)).toEqual([]);
    expect(ids(supervisor.tick(5_000), "kill")).toEqual([2]);
    expect(supervisor.tick(5_100)).toEqual([]);
    for (let nowMs = 6_000; nowMs < 9_000; nowMs += 1_000) expect(supervisor.tick(nowMs)).toEqual([]);
    expect(ids(supervisor.tick(9_000), "kill")).toEqual([1]);
  });

  it("kills a worker whose start takes too long although its event loop lives", () => {
    const supervisor = new Supervisor({ workers: 1, startTimeoutMs: 2_000 });
    supervisor.start(0);
    supervisor.onHeartbeat(1, 1_999);
    expect(supervisor.tick(2_000)).toEqual([
      { kind: "kill", workerId: 1, why: "it was not ready after 2000 ms; does the init hook end?" },
    ]);
  });

  it("stops: asks, waits, kills what is left at the end of the grace, finishes with 0", () => {
    const supervisor = running({ graceMs: 1_000 });
    expect(ids(supervisor.stop(100), "stop")).toEqual([1, 2]);
    expect(supervisor.stop(150)).toEqual([]);
    expect(supervisor.onExit(1, "exit code 0", 200)).toEqual([]);
    expect(supervisor.tick(1_099)).toEqual([]);
    expect(ids(supervisor.tick(1_100), "kill")).toEqual([2]);
    expect(supervisor.snapshot.phase).toBe("stopping");
    expect(supervisor.onExit(2, "killed by SIGKILL", 1_110)).toEqual([{ kind: "finish", exitCode: 0 }]);
  });

  it("stops at once while a replacement waits for its pause", () => {
    const supervisor = running({ workers: 1 });
    supervisor.onExit(1, "x", 0);
    supervisor.onExit(2, "x", 1);
    expect(supervisor.snapshot.workers).toEqual([]);
    expect(supervisor.stop(2)).toEqual([{ kind: "finish", exitCode: 0 }]);
    expect(supervisor.tick(10_000)).toEqual([]);
  });

  it("does not take its own pause for a silence of the workers", () => {
    const supervisor = running({ heartbeatTimeoutMs: 5_000 });
    supervisor.tick(1_000);
    expect(supervisor.tick(61_000)).toEqual([]);
    for (let nowMs = 62_000; nowMs < 65_000; nowMs += 1_000) expect(supervisor.tick(nowMs)).toEqual([]);
    expect(ids(supervisor.tick(65_000), "kill")).toEqual([1, 2]);
  });

  it("tells why it killed a worker, also when that one is gone", () => {
    const supervisor = running({ workers: 1, heartbeatTimeoutMs: 1_000 });
    expect(ids(supervisor.tick(1_000), "kill")).toEqual([1]);
    supervisor.onExit(1, "killed by SIGKILL", 1_001);
    expect(supervisor.snapshot.text).toBe("a worker died (killed: its event loop was silent for 1000 ms)");
  });

  it("ignores events of workers it does not know", () => {
    const supervisor = running();
    expect(supervisor.onReady(99, 1)).toEqual([]);
    expect(supervisor.onExit(99, "x", 1)).toEqual([]);
    expect(supervisor.onFailed(99, "x", 1)).toEqual([]);
    supervisor.onHeartbeat(99, 1);
    expect(supervisor.snapshot).toMatchObject({ phase: "running", restarts: 0 });
  });
});

describe("reload", () => {
  it("starts a full new set, and tells the old ones to drain only when all new ones are ready", () => {
    const supervisor = running();
    expect(supervisor.reload({ workers: 3 }, 100)).toEqual(
      [3, 4, 5].map((workerId) => ({ kind: "fork", workerId, generation: 2, isReplacement: false })),
    );
    expect(supervisor.snapshot).toMatchObject({
      phase: "running",
      generation: 1,
      reload: { number: 1, state: "running" },
    });
    expect(supervisor.onReady(3, 110)).toEqual([]);
    expect(supervisor.onReady(5, 120)).toEqual([]);
    expect(supervisor.onReady(4, 130)).toEqual(
      [1, 2].map((workerId) => ({ kind: "stop", workerId, isHandover: true })),
    );
    expect(supervisor.onExit(1, "exit code 0", 140)).toEqual([]);
    expect(supervisor.onExit(2, "exit code 0", 150)).toEqual([]);
    expect(supervisor.snapshot).toMatchObject({ phase: "running", generation: 2, restarts: 0, text: "" });
    expect(supervisor.snapshot.reload).toEqual({ number: 1, state: "done", text: "" });
    expect(ids(supervisor.onExit(4, "killed by SIGKILL", 160), "fork")).toEqual([6]);
  });

  it.each([
    { name: "a new worker says why", event: (s: Supervisor) => s.onFailed(3, "no database", 110), text: "no database" },
    {
      name: "a new worker dies",
      event: (s: Supervisor) => s.onExit(3, "exit code 3", 110),
      text: "a new worker died (exit code 3)",
    },
  ])("leaves the old workers when it fails: $name", ({ event, text }) => {
    const supervisor = running();
    supervisor.reload({ workers: 2 }, 100);
    supervisor.onReady(4, 105);
    expect(event(supervisor)).toContainEqual({ kind: "stop", workerId: 4, isHandover: true });
    expect(supervisor.snapshot).toMatchObject({
      phase: "running",
      generation: 1,
      reload: { number: 1, state: "failed", text },
      text: `reload failed: ${text}; the workers of before go on`,
    });
    supervisor.onExit(3, "exit code 1", 120);
    expect(supervisor.onExit(4, "exit code 0", 120)).toEqual([]);
    expect(supervisor.reloadRefusal).toBeUndefined();
    expect(ids(supervisor.reload({ workers: 1 }, 200), "fork")).toEqual([5]);
    expect(ids(supervisor.onReady(5, 210), "stop")).toEqual([1, 2]);
    expect(supervisor.snapshot).toMatchObject({ generation: 3, text: "", reload: { number: 2, state: "done" } });
  });

  it("fails when a new worker is not ready in time", () => {
    const supervisor = running();
    supervisor.reload({ workers: 1, startTimeoutMs: 1_000 }, 100);
    expect(ids(supervisor.tick(1_100), "kill")).toEqual([3]);
    supervisor.onExit(3, "killed by SIGKILL", 1_110);
    expect(supervisor.snapshot.reload.text).toMatch(/^a new worker died \(killed: it was not ready after 1000 ms/);
  });

  it("kills an old worker that does not drain in time, by the time of its own set", () => {
    const supervisor = running({ workers: 1, graceMs: 1_000 });
    supervisor.reload({ workers: 1, graceMs: 9_000 }, 100);
    supervisor.onReady(2, 200);
    supervisor.onHeartbeat(1, 1_100);
    expect(supervisor.tick(1_199)).toEqual([]);
    expect(supervisor.tick(1_200)).toEqual([{ kind: "kill", workerId: 1, why: "it did not drain in time" }]);
    expect(supervisor.onExit(1, "killed by SIGKILL", 1_210)).toEqual([]);
    expect(supervisor.snapshot).toMatchObject({ phase: "running", text: "", restarts: 0 });
  });

  it("goes on replacing the dead of the old set meanwhile, and stops all when it is stopped", () => {
    const supervisor = running();
    supervisor.reload({ workers: 1 }, 100);
    expect(supervisor.onExit(1, "x", 110)).toEqual([{ kind: "fork", workerId: 4, generation: 1, isReplacement: true }]);
    expect(ids(supervisor.stop(120), "stop")).toEqual([2, 3, 4]);
    expect(supervisor.snapshot.reload).toMatchObject({ state: "failed", text: "the service was stopped" });
  });

  it("is refused before the first run, during another and at the end", () => {
    const supervisor = new Supervisor({ workers: 1 });
    expect(supervisor.reloadRefusal).toBe("the service has not been running yet");
    expect(supervisor.reload({ workers: 1 }, 0)).toEqual([]);
    const other = running();
    other.reload({ workers: 1 }, 0);
    expect(other.reloadRefusal).toBe("a reload is under way");
    other.stop(1);
    expect(other.reloadRefusal).toBe("the service is being stopped");
  });
});
