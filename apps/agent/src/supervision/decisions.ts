/**
 * What to do about one service, as a pure function of what is known and what happened. No processes, files or clocks here.
 *
 *   stopped ──want──▶ starting ──reports running──▶ running
 *      ▲                 │ died                        │ died
 *      │                 ▼                             ▼
 *   stopping ◀─unwant─ backoff ◀──────────────────────┘   (spawns again when its time has come)
 */

export const STOP_GRACE_MS = 15_000;
export const STABLE_AFTER_MS = 60_000;
const FIRST_RESTART_MS = 200;
const MOST_RESTART_MS = 30_000;

export type Phase =
  | { readonly kind: "stopped" }
  /** `pid` 0: about to be spawned. */
  | { readonly kind: "starting"; readonly pid: number }
  | { readonly kind: "running"; readonly pid: number }
  | { readonly kind: "stopping"; readonly pid: number; readonly killAtMs: number; readonly isKilled: boolean }
  | { readonly kind: "backoff"; readonly untilMs: number };

export interface Supervised {
  readonly phase: Phase;
  readonly sinceMs: number;
  readonly wanted: "running" | "stopped";
  /** Deaths in a row without 60 s of quiet between them. */
  readonly failures: number;
  /** Starts after a death, since the agent began to look after it. */
  readonly restarts: number;
  /** What a person should know; "" when all is well. What happened before a restart is told until it is 60 s ago. */
  readonly text: string;
}

export type SupervisionEvent =
  | { readonly kind: "want"; readonly wanted: "running" | "stopped" }
  | { readonly kind: "spawned"; readonly pid: number }
  /** A process from an earlier life of the agent. */
  | { readonly kind: "adopted"; readonly pid: number; readonly isRunning: boolean }
  /** It says that it serves. */
  | { readonly kind: "up"; readonly pid: number }
  | { readonly kind: "died"; readonly pid: number; readonly why: string }
  | { readonly kind: "spawnFailed"; readonly why: string }
  | { readonly kind: "tick" };

export type Effect =
  | { readonly kind: "spawn" }
  /** SIGTERM to the controller, which drains. */
  | { readonly kind: "terminate"; readonly pid: number }
  /** SIGKILL to the whole process group. */
  | { readonly kind: "kill"; readonly pid: number };

export interface Decision {
  readonly next: Supervised;
  readonly effects: readonly Effect[];
}

export function newSupervised(wanted: "running" | "stopped", nowMs: number): Supervised {
  return { phase: { kind: "stopped" }, sinceMs: nowMs, wanted, failures: 0, restarts: 0, text: "" };
}

/** Pause before the start after the n-th death in a row: at once, then 1 s, doubling to 30 s. */
export function restartDelayMs(failures: number): number {
  return failures <= 1 ? FIRST_RESTART_MS : Math.min(MOST_RESTART_MS, 1_000 * 2 ** (failures - 2));
}

export function decide(now: Supervised, event: SupervisionEvent, nowMs: number): Decision {
  switch (event.kind) {
    case "want":
      return onWant(now, event.wanted, nowMs);
    case "spawned":
      return isExpecting(now) ? enter(now, { kind: "starting", pid: event.pid }, nowMs) : same(now);
    case "adopted":
      return enter(now, { kind: event.isRunning ? "running" : "starting", pid: event.pid }, nowMs);
    case "up":
      return onUp(now, event.pid, nowMs);
    case "died":
      return onDied(now, event, nowMs);
    case "spawnFailed":
      return isExpecting(now) ? failed(now, event.why, nowMs) : same(now);
    case "tick":
      return onTick(now, nowMs);
  }
}

/** Id of the process that is there, or 0. */
export function pidOf(phase: Phase): number {
  return "pid" in phase ? phase.pid : 0;
}

function onWant(now: Supervised, wanted: "running" | "stopped", nowMs: number): Decision {
  const next = { ...now, wanted };
  const { phase } = now;
  if (wanted === "running") {
    if (phase.kind === "stopped") return startNow({ ...next, failures: 0, text: "" }, nowMs);
    return phase.kind === "backoff" ? startNow({ ...next, failures: 0 }, nowMs) : same(next);
  }
  if (phase.kind === "backoff") return enter({ ...next, text: "" }, { kind: "stopped" }, nowMs);
  if ((phase.kind === "starting" || phase.kind === "running") && phase.pid > 0)
    return enter(next, stopping(phase.pid, nowMs), nowMs, [{ kind: "terminate", pid: phase.pid }]);
  return same(next);
}

function onUp(now: Supervised, pid: number, nowMs: number): Decision {
  if (pid === 0 || now.phase.kind !== "starting" || now.phase.pid !== pid) return same(now);
  const text = now.text === "" ? "" : `runs again; before: ${now.text}`;
  return enter({ ...now, text }, { kind: "running", pid }, nowMs);
}

function onDied(now: Supervised, event: { pid: number; why: string }, nowMs: number): Decision {
  if (pidOf(now.phase) !== event.pid || event.pid === 0) return same(now);
  if (now.phase.kind !== "stopping") return failed(now, event.why, nowMs);
  const stopped = { ...now, text: now.phase.isKilled ? `killed: it did not stop within ${STOP_GRACE_MS} ms` : "" };
  return now.wanted === "running" ? startNow(stopped, nowMs) : enter(stopped, { kind: "stopped" }, nowMs);
}

function onTick(now: Supervised, nowMs: number): Decision {
  const { phase } = now;
  if (phase.kind === "backoff" && nowMs >= phase.untilMs)
    return startNow({ ...now, restarts: now.restarts + 1 }, nowMs);
  if (phase.kind === "stopping" && !phase.isKilled && nowMs >= phase.killAtMs)
    return { next: { ...now, phase: { ...phase, isKilled: true } }, effects: [{ kind: "kill", pid: phase.pid }] };
  const isUnforgotten = now.failures > 0 || now.text !== "";
  if (phase.kind === "running" && isUnforgotten && nowMs - now.sinceMs >= STABLE_AFTER_MS)
    return same({ ...now, failures: 0, text: "" });
  if (phase.kind === "starting" && phase.pid > 0 && now.wanted === "stopped")
    return enter(now, stopping(phase.pid, nowMs), nowMs, [{ kind: "terminate", pid: phase.pid }]);
  return same(now);
}

function failed(now: Supervised, why: string, nowMs: number): Decision {
  const failures = now.failures + 1;
  const next = { ...now, failures, text: why };
  if (now.wanted === "stopped") return enter(next, { kind: "stopped" }, nowMs);
  return enter(next, { kind: "backoff", untilMs: nowMs + restartDelayMs(failures) }, nowMs);
}

function startNow(now: Supervised, nowMs: number): Decision {
  return enter(now, { kind: "starting", pid: 0 }, nowMs, [{ kind: "spawn" }]);
}

function isExpecting(now: Supervised): boolean {
  return now.phase.kind === "starting" && now.phase.pid === 0;
}

function stopping(pid: number, nowMs: number): Phase {
  return { kind: "stopping", pid, killAtMs: nowMs + STOP_GRACE_MS, isKilled: false };
}

function enter(now: Supervised, phase: Phase, nowMs: number, effects: readonly Effect[] = []): Decision {
  return { next: { ...now, phase, sinceMs: nowMs }, effects };
}

function same(next: Supervised): Decision {
  return { next, effects: [] };
}
