/**
 * Dials the instances of services that ask for it (`check: "tcp"`), so that a foreign server that died is out before a user's call
 * finds it, and back in when it listens again. What a dial finds goes into the shared table, as the evidence of calls does.
 *
 * Instances that calls report about are left alone. One that can't be reached is dialled again a moment later, together with others
 * that are in use: only when one of those answers is it taken out. So it is never all of them, and not this machine's own network.
 * A process that hangs still accepts connections; calls find that.
 */
import { DEFAULT_SETTINGS, HEALTH_FIELD as F, PROBE_RESULT, reportProbe } from "@msec/balancer";
import type { Random } from "@msec/core";
import { bootNowMs, bootTick, type LiveTable } from "@msec/shm";
import { acceptsConnection } from "./prober.js";

const TICK_MS = 100;
const INTERVAL_MS = 3_000;
/** Share of the interval by which each pause varies, so that machines don't dial in step. */
const JITTER = 0.25;
const MAX_DIALS_PER_SEC = 100;
const MAX_UNDER_WAY = 32;
const MAX_WITNESSES = 3;

export interface TcpCheckOptions {
  /** Of the services that ask for it, refreshed. */
  views(): Iterable<readonly [service: string, view: LiveTable]>;
  /** Between two dials of an instance that is in use. One that is out is dialled three times as often. Default 3000. */
  readonly intervalMs?: number;
  readonly random?: Random;
}

/** When each slot of a table is dialled next. */
interface Schedule {
  readonly view: LiveTable;
  readonly dueAtMs: Map<number, { readonly generation: number; atMs: number }>;
}

interface Target {
  readonly view: LiveTable;
  readonly slot: number;
  readonly generation: number;
}

export class TcpCheck {
  readonly #options: TcpCheckOptions;
  readonly #intervalMs: number;
  readonly #random: Random;
  readonly #schedules = new Map<string, Schedule>();
  readonly #timer: NodeJS.Timeout;
  #underWay = 0;
  #allowance = MAX_UNDER_WAY;
  #isStopped = false;

  constructor(options: TcpCheckOptions) {
    this.#options = options;
    this.#intervalMs = options.intervalMs ?? INTERVAL_MS;
    this.#random = options.random ?? Math.random;
    this.#timer = setInterval(() => this.#tick(), Math.min(TICK_MS, this.#intervalMs / 4));
  }

  stop(): void {
    this.#isStopped = true;
    clearInterval(this.#timer);
  }

  #tick(): void {
    this.#allowance = Math.min(MAX_UNDER_WAY, this.#allowance + (MAX_DIALS_PER_SEC * TICK_MS) / 1_000);
    const nowMs = bootNowMs();
    const due = this.#findDue(nowMs);
    due.sort(([, a], [, b]) => a.atMs - b.atMs); // who waits longest comes first
    for (const [target, entry] of due) {
      if (this.#allowance < 1 || this.#underWay >= MAX_UNDER_WAY) return;
      entry.atMs = nowMs + this.#pauseMs(target);
      if (this.#isCovered(target, nowMs)) continue;
      void this.#check(target);
    }
  }

  /** Also brings the schedules up to date with the members; a new instance gets its first turn within one interval. */
  #findDue(nowMs: number) {
    const due: (readonly [target: Target, entry: { atMs: number }])[] = [];
    const gone = new Set(this.#schedules.keys());
    for (const [service, view] of this.#options.views()) {
      gone.delete(service);
      const { dueAtMs } = this.#scheduleOf(service, view);
      for (const slot of view.snapshot.slots) {
        if (view.transport(slot) === "udp") continue;
        const generation = view.generation(slot);
        let entry = dueAtMs.get(slot);
        if (entry?.generation !== generation) {
          entry = { generation, atMs: nowMs + this.#random() * this.#intervalMs };
          dueAtMs.set(slot, entry);
        }
        if (entry.atMs <= nowMs) due.push([{ view, slot, generation }, entry]);
      }
    }
    for (const service of gone) this.#schedules.delete(service);
    return due;
  }

  #scheduleOf(service: string, view: LiveTable): Schedule {
    const known = this.#schedules.get(service);
    if (known?.view === view) return known;
    const made: Schedule = { view, dueAtMs: new Map() };
    this.#schedules.set(service, made);
    return made;
  }

  #pauseMs({ view, slot }: Target): number {
    const baseMs = isOut(view, slot) ? this.#intervalMs / 3 : this.#intervalMs;
    return baseMs * (1 + JITTER * (2 * this.#random() - 1));
  }

  /** Calls of this machine tell how it is. */
  #isCovered({ view, slot }: Target, nowMs: number): boolean {
    const reportedAt = view.get(slot, F.lastReportAt);
    return !isOut(view, slot) && reportedAt !== 0 && ((nowMs - reportedAt) | 0) < this.#intervalMs;
  }

  async #check(target: Target): Promise<void> {
    this.#underWay += 1;
    try {
      const wasOut = isOut(target.view, target.slot);
      const answered = await this.#dial(target);
      if (answered || wasOut) this.#report(target, answered);
      else await this.#confirm(target);
    } finally {
      this.#underWay -= 1;
    }
  }

  /** It failed once. */
  async #confirm(target: Target): Promise<void> {
    this.#note(target);
    await new Promise((resolve) => setTimeout(resolve, this.#intervalMs / 8));
    if (this.#isStopped) return;
    const others = witnesses(target).map((other) => this.#dial(other));
    const [answered, ...seen] = await Promise.all([this.#dial(target), ...others]);
    if (answered || seen.includes(true)) this.#report(target, answered);
    else this.#note(target);
  }

  async #dial({ view, slot }: Target): Promise<boolean> {
    this.#allowance -= 1;
    return await acceptsConnection(view.host(slot), view.port(slot));
  }

  #report(target: Target, answered: boolean): void {
    if (this.#isGone(target)) return;
    const { view, slot } = target;
    reportProbe(view, slot, { answered, nowMs: bootNowMs(), settings: DEFAULT_SETTINGS });
    if (!answered && isOut(view, slot)) this.#holdOut(target);
  }

  /**
   * Keeps it out until after the next dial, whose pause was chosen while it was in use and may be a whole one and a quarter: while the
   * agent is there, no user's call has to try it.
   */
  #holdOut({ view, slot }: Target): void {
    const until = view.get(slot, F.ejectedUntil);
    const wanted = (bootNowMs() + 2 * this.#intervalMs) | 0 || 1;
    if (((wanted - until) | 0) > 0) view.compareExchange(slot, F.ejectedUntil, until, wanted);
  }

  /** For people to see; nothing follows from it yet. */
  #note(target: Target): void {
    if (this.#isGone(target)) return;
    target.view.set(target.slot, F.probeAt, bootTick());
    target.view.set(target.slot, F.probeResult, PROBE_RESULT.failed);
  }

  /** Another instance took the slot meanwhile, or the tables are closed. */
  #isGone({ view, slot, generation }: Target): boolean {
    return this.#isStopped || view.generation(slot) !== generation;
  }
}

function isOut(view: LiveTable, slot: number): boolean {
  return view.get(slot, F.ejectedUntil) !== 0;
}

/** Others in use, those that answered last time first. */
function witnesses({ view, slot }: Target): Target[] {
  const others = [...view.snapshot.slots].filter(
    (other) => other !== slot && view.transport(other) !== "udp" && !isOut(view, other),
  );
  const rank = (other: number) => (view.get(other, F.probeResult) === PROBE_RESULT.failed ? 1 : 0);
  others.sort((a, b) => rank(a) - rank(b));
  return others.slice(0, MAX_WITNESSES).map((other) => ({ view, slot: other, generation: view.generation(other) }));
}
