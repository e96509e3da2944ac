/** What happens to messages between one caller and one instance, as the faults of the cluster say. */
import { type Clock, startTimer } from "@msec/core";
import type { FaultBoard } from "./fault-board.js";
import type { Ends, Fault, Way } from "./fault-kinds.js";

/** TCP sends again what was not acknowledged after this long, and waits twice as long each further time. */
const SEGMENT_RETRANSMIT_MS = 200;
export const DIAL_RETRANSMIT_MS = 1_000;
/** Then it gives up. */
const MAX_RETRANSMIT_MS = 120_000;

export interface Message {
  readonly way: Way;
  readonly sizeBytes: number;
  readonly retransmitMs?: number;
}

/** Of a message that arrives. Both in ms from now. */
export interface Passage {
  /** The sender's buffer is free for the next one. */
  readonly leavesInMs: number;
  readonly arrivesInMs: number;
}

export class NetworkLink {
  readonly ends: Ends;
  readonly clock: Clock;
  readonly #faults: FaultBoard;
  /** When a slow link has sent what it was given. */
  readonly #freeAtMs = { requests: 0, answers: 0 };

  constructor(ends: Ends, on: { readonly faults: FaultBoard; readonly clock: Clock }) {
    this.ends = ends;
    this.clock = on.clock;
    this.#faults = on.faults;
  }

  get isRefused(): boolean {
    return this.#faults.strike(this.ends, ["refuse"]) !== undefined;
  }

  /** Over TCP; undefined = it vanishes. */
  passStream(message: Message): Passage | undefined {
    const { way, retransmitMs = SEGMENT_RETRANSMIT_MS } = message;
    if (this.#strikes("blackhole", way)) return undefined;
    const leavesInMs = this.#sendMs(message);
    let arrivesInMs = leavesInMs + this.#latencyMs(way);
    for (let pauseMs = retransmitMs; this.#strikes("loss", way); pauseMs *= 2) {
      if (pauseMs > MAX_RETRANSMIT_MS) return undefined;
      arrivesInMs += pauseMs;
    }
    return { leavesInMs, arrivesInMs };
  }

  /** When the copies of a datagram arrive, in ms from now. */
  passDatagram(message: Message): readonly number[] {
    const { way } = message;
    const leavesInMs = this.#sendMs(message);
    if (this.#strikes("blackhole", way) || this.#strikes("loss", way)) return [];
    const first = leavesInMs + this.#latencyMs(way);
    return this.#strikes("duplicate", way) ? [first, leavesInMs + this.#latencyMs(way)] : [first];
  }

  #strikes(kind: "blackhole" | "loss" | "duplicate", way: Way): boolean {
    return this.#faults.strike(this.ends, [kind], isWay(way)) !== undefined;
  }

  #latencyMs(way: Way): number {
    let sumMs = 0;
    for (const { delayMs } of this.#faults.strikeAll(this.ends, "latency", isWay(way)))
      sumMs += typeof delayMs === "number" ? delayMs : this.#faults.draw(delayMs[0], delayMs[1]);
    return sumMs;
  }

  #sendMs({ way, sizeBytes }: Message): number {
    const nowMs = this.clock.monotonicMs();
    let ownMs = 0;
    for (const { bytesPerSec } of this.#faults.strikeAll(this.ends, "slow", isWay(way)))
      ownMs = Math.max(ownMs, (sizeBytes * 1_000) / bytesPerSec);
    if (ownMs === 0) return 0;
    this.#freeAtMs[way] = Math.max(nowMs, this.#freeAtMs[way]) + ownMs;
    return this.#freeAtMs[way] - nowMs;
  }
}

function isWay(way: Way): (fault: Fault) => boolean {
  return (fault) => !("way" in fault) || fault.way === undefined || fault.way === way;
}

/** One direction of a connection: keeps the order, and falls silent for good when something has vanished. */
export class Wire {
  readonly #link: NetworkLink;
  readonly #way: Way;
  #underWay = 0;
  #lastArrivalMs = 0;
  #isDead = false;

  constructor(link: NetworkLink, way: Way) {
    this.#link = link;
    this.#way = way;
  }

  /** @returns in how many ms it has left @param arrive may be called later in this turn of the event loop, or much later, or never */
  carry(sizeBytes: number, arrive: () => void): number {
    const { clock } = this.#link;
    const passage = this.#isDead ? undefined : this.#link.passStream({ way: this.#way, sizeBytes });
    if (passage === undefined) {
      this.#isDead = true;
      return 0;
    }
    const { leavesInMs, arrivesInMs } = passage;
    if (arrivesInMs === 0 && this.#underWay === 0) {
      process.nextTick(arrive);
      return 0;
    }
    const nowMs = clock.monotonicMs();
    this.#lastArrivalMs = Math.max(this.#lastArrivalMs, nowMs + arrivesInMs);
    this.#underWay++;
    startTimer(
      clock,
      () => {
        this.#underWay--;
        arrive();
      },
      this.#lastArrivalMs - nowMs,
    );
    return leavesInMs;
  }
}
