/**
 * Sees to it that a connection that is dealt to a worker reaches an event loop that turns.
 *
 *   node:cluster   newconn (with the socket) → worker, `{ ack, accepted }` → controller; until then it keeps the socket and deals that
 *                  worker no other one
 *   added here     newconn carries `takeByMs`; a worker that reads it later refuses the socket. What is not answered `RETAKE_MS` after
 *                  the sending is answered here with "not accepted", so node:cluster deals it to another worker, and the silent one
 *                  gets none while others are heard later than it. What a worker has not answered when it dies is dealt to another one
 *                  likewise, or closed where there is none: node:cluster would keep it, open and unserved, for ever
 *
 * Both clocks are CLOCK_MONOTONIC, one for all processes. Node has no public way to this: the messages are looked at before use, and where
 * they look different everything stays as node:cluster does it. Why, and what was rejected: docs/adr/0005-accept-mode.md.
 */
import type { ChildProcess } from "node:child_process";
import { isNewConnection, machineMs, type NewConnection, TAKE_MS } from "./deal-message.js";

/** Longer than `TAKE_MS`, so that a worker that takes a socket in the last moment has its answer on the way. */
const RETAKE_MS = 2 * TAKE_MS;
/** A socket is taken back so often at most, so that none wanders for ever among workers that are all slow. */
const MAX_TAKES = 3;
/** A worker that was heard so short a time ago is believed to turn: it says something once a second. */
const HEARD_MS = 1_300;
/** Between two looks at the clock. What is longer by far stopped this process, and most likely the workers too. */
const OWN_PAUSE_MS = 250;
/** Pause before a socket that was meant for a silent worker is dealt anew; without it, it would go round while all others are busy. */
const BOUNCE_MS = 1;

interface Dealt {
  readonly seq: number;
  /** The address that it came in at. */
  readonly key: unknown;
  readonly socket: unknown;
  /** When it is taken back from a worker that is silent; Infinity = it stays there. */
  retakeAtMs: number;
}

interface Watched {
  readonly process: ChildProcess;
  /** Not answered yet: at most one per listening address. */
  readonly open: Map<number, Dealt>;
  /** Addresses where it was dealt connections and has not stopped listening. */
  readonly keys: Set<unknown>;
  /** By {@link machineMs}. */
  heardAtMs: number;
  /** A socket was taken back from it and it has not been heard since. */
  isSilent: boolean;
}

export class DealWatch {
  readonly #workers = new Map<number, Watched>();
  /** How often a socket was taken back. */
  readonly #takes = new WeakMap<object, number>();
  #tickedAtMs = Number.POSITIVE_INFINITY;
  #isChecking = false;
  /** What is heard now are own words. */
  #isAnswering = false;

  /** To be called before the worker can listen. */
  add(workerId: number, process: ChildProcess): void {
    const watched: Watched = { process, open: new Map(), keys: new Set(), heardAtMs: 0, isSilent: false };
    this.#workers.set(workerId, watched);
    process.prependListener("internalMessage", (message: unknown) => this.#onMessage(watched, message));
    process.on("message", () => this.#onHeard(watched));
    const send = process.send.bind(process) as (message: object, ...rest: unknown[]) => boolean;
    process.send = ((message: object, ...rest: unknown[]): boolean => {
      if (!isNewConnection(message)) return send(message, ...rest);
      if (this.#isRerouted(watched, message.seq)) return true;
      return send(this.#noted(watched, message, rest[0]), ...rest);
    }) as ChildProcess["send"];
    process.once("close", () => this.#inherit(watched)); // it has exited, and all that it said was read
  }

  remove(workerId: number): void {
    this.#workers.delete(workerId);
  }

  /** To be called a few times a second. */
  tick(): void {
    this.#forgiveOwnPause();
    if (this.#isChecking || !this.#hasOverdue()) return;
    this.#isChecking = true;
    // Answers that wait to be read, since this process itself was held up, are read first.
    setImmediate(() => {
      this.#isChecking = false;
      this.#takeBack();
    });
  }

  /** Who was asked just before a pause of the whole machine has had no time to answer. */
  #forgiveOwnPause(): void {
    const nowMs = machineMs();
    const isAfterPause = nowMs - this.#tickedAtMs > OWN_PAUSE_MS;
    this.#tickedAtMs = nowMs;
    if (!isAfterPause) return;
    for (const { open } of this.#workers.values()) {
      for (const dealt of open.values()) dealt.retakeAtMs = Math.max(dealt.retakeAtMs, nowMs + TAKE_MS);
    }
  }

  #onHeard(watched: Watched): void {
    watched.heardAtMs = machineMs();
    watched.isSilent = false;
  }

  #onMessage(watched: Watched, message: unknown): void {
    if (this.#isAnswering) return;
    this.#onHeard(watched);
    const { ack, act, key } = (message ?? {}) as {
      readonly ack?: unknown;
      readonly act?: unknown;
      readonly key?: unknown;
    };
    if (typeof ack === "number") watched.open.delete(ack);
    if (act === "close") watched.keys.delete(key);
  }

  #noted(watched: Watched, message: NewConnection, socket: unknown): object {
    if (typeof socket !== "object" || socket === null) return message;
    const { seq, key } = message;
    watched.keys.add(key);
    const stays = this.#workers.size < 2 || (this.#takes.get(socket) ?? 0) >= MAX_TAKES;
    const nowMs = machineMs();
    const retakeAtMs = stays ? Number.POSITIVE_INFINITY : nowMs + RETAKE_MS;
    watched.open.set(seq, { seq, key, socket, retakeAtMs });
    return stays ? message : { ...message, takeByMs: nowMs + TAKE_MS };
  }

  /** What a dead worker did not answer goes to another one at the same address; where there is none, the caller learns it at once. */
  #inherit(watched: Watched): void {
    watched.process.emit("disconnect"); // Node forgets to when a socket is on its way; node:cluster would go on dealing to it
    const others = [...this.#workers.values()].filter((other) => other !== watched);
    for (const { seq, key, socket } of watched.open.values()) {
      if (others.some(({ keys }) => keys.has(key))) this.#refuseFor(watched, seq);
      else (socket as { close?: () => void }).close?.();
    }
    watched.open.clear();
    watched.keys.clear();
  }

  #isRerouted(watched: Watched, seq: number): boolean {
    if (!watched.isSilent || !this.#hasBetter(watched)) return false;
    setTimeout(() => this.#refuseFor(watched, seq), BOUNCE_MS);
    return true;
  }

  #hasOverdue(): boolean {
    for (const watched of this.#workers.values()) if (this.#overdue(watched).length > 0) return true;
    return false;
  }

  /** What waits too long, if there is a better place for it. */
  #overdue(watched: Watched): Dealt[] {
    if (!this.#hasBetter(watched)) return [];
    return [...watched.open.values()].filter(({ retakeAtMs }) => retakeAtMs <= machineMs());
  }

  #takeBack(): void {
    for (const watched of this.#workers.values()) {
      for (const { seq, socket } of this.#overdue(watched)) {
        watched.open.delete(seq);
        watched.isSilent = true;
        this.#takes.set(socket as object, (this.#takes.get(socket as object) ?? 0) + 1);
        this.#refuseFor(watched, seq);
      }
    }
  }

  /** Whether somebody else most likely turns, or was at least heard later. */
  #hasBetter(watched: Watched): boolean {
    const believedMs = machineMs() - HEARD_MS;
    for (const other of this.#workers.values()) {
      if (other === watched) continue;
      if (other.heardAtMs > watched.heardAtMs || (!other.isSilent && other.heardAtMs > believedMs)) return true;
    }
    return false;
  }

  /** Tells node:cluster in the worker's place that it does not take the socket. */
  #refuseFor(watched: Watched, seq: number): void {
    this.#isAnswering = true;
    const refusal = { cmd: "NODE_CLUSTER", ack: seq, accepted: false };
    watched.process.emit("internalMessage" as never, refusal as never, undefined as never);
    this.#isAnswering = false;
  }
}
