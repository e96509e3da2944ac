import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  decide,
  type Effect,
  newSupervised,
  restartDelayMs,
  STABLE_AFTER_MS,
  STOP_GRACE_MS,
  type Supervised,
  type SupervisionEvent,
} from "./decisions.js";

/** Feeds events one by one, each at its own time. */
function play(
  events: readonly (readonly [atMs: number, event: SupervisionEvent])[],
  start = newSupervised("stopped", 0),
) {
  let now: Supervised = start;
  const effects: (Effect & { atMs: number })[] = [];
  for (const [atMs, event] of events) {
    const decision = decide(now, event, atMs);
    now = decision.next;
    effects.push(...decision.effects.map((effect) => ({ ...effect, atMs })));
  }
  return { now, effects };
}

const want: SupervisionEvent = { kind: "want", wanted: "running" };
const unwant: SupervisionEvent = { kind: "want", wanted: "stopped" };
const tick: SupervisionEvent = { kind: "tick" };
const spawned = (pid: number): SupervisionEvent => ({ kind: "spawned", pid });
const up = (pid: number): SupervisionEvent => ({ kind: "up", pid });
const died = (pid: number): SupervisionEvent => ({ kind: "died", pid, why: "exited with code 1" });

describe("decide", () => {
  it("starts what is wanted and knows when it serves", () => {
    const { now, effects } = play([
      [0, want],
      [1, spawned(7)],
      [50, up(7)],
    ]);
    expect(effects).toEqual([{ kind: "spawn", atMs: 0 }]);
    expect(now).toMatchObject({ phase: { kind: "running", pid: 7 }, sinceMs: 50, text: "" });
  });

  it("tells what happened before a restart until it is a minute ago", () => {
    const again: readonly (readonly [number, SupervisionEvent])[] = [
      [0, want],
      [1, spawned(7)],
      [50, up(7)],
      [100, died(7)],
      [300, tick],
      [301, spawned(8)],
      [350, up(8)],
    ];
    const { now } = play(again);
    expect(now).toMatchObject({ phase: { kind: "running", pid: 8 }, text: "runs again; before: exited with code 1" });
    const later = play([[350 + STABLE_AFTER_MS, tick]], now);
    expect(later.now).toMatchObject({ phase: { kind: "running", pid: 8 }, text: "", failures: 0 });
  });

  it("starts again within a second after the first death, later and later after more", () => {
    expect([1, 2, 3, 4, 5, 6, 7, 20].map(restartDelayMs)).toEqual([200, 1000, 2000, 4000, 8000, 16000, 30000, 30000]);
    const { now, effects } = play([
      [0, want],
      [0, spawned(1)],
      [10, up(1)],
      [100, died(1)],
      [299, tick],
      [300, tick],
      [301, spawned(2)],
      [400, died(2)],
      [1399, tick],
      [1400, tick],
    ]);
    expect(effects.map((effect) => effect.atMs)).toEqual([0, 300, 1400]);
    expect(now).toMatchObject({ restarts: 2, failures: 2, text: "exited with code 1" });
  });

  it("forgets deaths after a quiet minute", () => {
    const { now } = play([
      [0, want],
      [0, spawned(1)],
      [0, died(1)],
      [200, tick],
      [200, spawned(2)],
      [300, up(2)],
      [300 + STABLE_AFTER_MS - 1, tick],
    ]);
    expect(now.failures).toBe(1);
    expect(decide(now, tick, 300 + STABLE_AFTER_MS).next.failures).toBe(0);
  });

  it("stops politely, then kills the group, once", () => {
    const { now, effects } = play([
      [0, want],
      [0, spawned(9)],
      [10, unwant],
      [10 + STOP_GRACE_MS - 1, tick],
      [10 + STOP_GRACE_MS, tick],
      [11 + STOP_GRACE_MS, tick],
      [12 + STOP_GRACE_MS, died(9)],
    ]);
    expect(effects.slice(1)).toEqual([
      { kind: "terminate", pid: 9, atMs: 10 },
      { kind: "kill", pid: 9, atMs: 10 + STOP_GRACE_MS },
    ]);
    expect(now).toMatchObject({ phase: { kind: "stopped" }, failures: 0 });
    expect(now.text).toContain("did not stop");
  });

  it("starts at once when it is wanted again while it stops, or while it waits", () => {
    const stopping = play([
      [0, want],
      [0, spawned(1)],
      [5, unwant],
      [6, want],
      [50, died(1)],
    ]);
    expect(stopping.effects.at(-1)).toEqual({ kind: "spawn", atMs: 50 });
    const waiting = play([
      [0, want],
      [0, spawned(1)],
      [5, died(1)],
      [6, want],
    ]);
    expect(waiting.effects.at(-1)).toEqual({ kind: "spawn", atMs: 6 });
  });

  it("stops a process that was asked for just before it was unwanted", () => {
    const { effects } = play([
      [0, want],
      [1, unwant],
      [2, spawned(4)],
      [3, tick],
    ]);
    expect(effects.at(-1)).toEqual({ kind: "terminate", pid: 4, atMs: 3 });
  });

  it("takes over what runs, and minds nothing about other processes", () => {
    const { now, effects } = play([
      [0, { kind: "adopted", pid: 5, isRunning: true }],
      [0, want],
      [1, died(4)],
      [2, up(3)],
    ]);
    expect(effects).toEqual([]);
    expect(now.phase).toEqual({ kind: "running", pid: 5 });
  });

  it("never has two processes, and never waits without end, whatever happens", () => {
    const event = fc.oneof(
      fc.constantFrom(want, unwant, tick),
      fc.constantFrom("answer", "die", "up").map((what) => what),
    );
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), (script) => {
        let now = newSupervised("stopped", 0);
        let pid = 0;
        let alive = 0;
        let asked = 0;
        const feed = (each: SupervisionEvent, atMs: number) => {
          const decision = decide(now, each, atMs);
          now = decision.next;
          asked += decision.effects.filter((effect) => effect.kind === "spawn").length;
        };
        for (const [index, each] of script.entries()) {
          const atMs = index * 700;
          if (each === "answer" && asked > 0) {
            asked -= 1;
            alive += 1;
            pid += 1;
            feed(spawned(pid), atMs);
          } else if (each === "die" && alive > 0) {
            alive -= 1;
            feed(died(pid), atMs);
          } else if (each === "up") feed(up(pid), atMs);
          else if (typeof each === "object") feed(each, atMs);
          expect(asked + alive).toBeLessThanOrEqual(1);
        }
        feed(want, 1e9);
        feed(tick, 2e9);
        expect(asked + alive).toBe(1);
      }),
    );
  });
});
