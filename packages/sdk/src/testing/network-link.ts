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

/** What becomes of a message over TCP; one of the two, at once or later. */
export interface Fate {
  onArrived(): void;
  onVanished(): void;
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

  /** Over TCP. @returns in how many ms the sender's buffer is free for the next one */
  sendStream(message: Message, fate: Fate): number {
    const leavesInMs = this.#sendMs(message);
    this.#transmit(message, fate, { inMs: leavesInMs, pauseMs: message.retransmitMs ?? SEGMENT_RETRANSMIT_MS });
    return leavesInMs;
  }

  /** When the copies of a datagram arrive, in ms from now. */
  passDatagram(message: Message): readonly number[] {
    const { way } = message;
    const leavesInMs = this.#sendMs(message);
    if (this.#strikes("blackhole", way) || this.#strikes("loss", way)) return [];
    const first = leavesInMs + this.#latencyMs(way);
    return this.#strikes("duplicate", way) ? [first, leavesInMs + this.#latencyMs(way)] : [first];
  }

  #transmit(
    message: Message,
    fate: Fate,
    { inMs, pauseMs }: { readonly inMs: number; readonly pauseMs: number },
  ): void {
    const { way } = message;
    if (this.#strikes("blackhole", way)) fate.onVanished();
    else if (!this.#strikes("loss", way)) this.after(inMs + this.#latencyMs(way), () => fate.onArrived());
    else if (pauseMs > MAX_RETRANSMIT_MS) fate.onVanished();
    else this.after(inMs + pauseMs, () => this.#transmit(message, fate, { inMs: 0, pauseMs: 2 * pauseMs }));
  }

  /** Never in this turn of the event loop: who sends is not done yet. */
  after(inMs: number, work: () => void): void {
    if (inMs === 0) process.nextTick(work);
    else startTimer(this.clock, work, inMs);
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

interface Segment {
  readonly arrive: () => void;
  isHere: boolean;
}

/** One direction of a connection: keeps the order, and falls silent for good when something has vanished. */
export class Wire {
  readonly #link: NetworkLink;
  readonly #way: Way;
  /** On their way, in order. What has vanished stays, and what is behind it never arrives. */
  readonly #segments: Segment[] = [];
  #isDead = false;

  constructor(link: NetworkLink, way: Way) {
    this.#link = link;
    this.#way = way;
  }

  /** @returns in how many ms it has left @param arrive called later, or never */
  carry(sizeBytes: number, arrive: () => void): number {
    if (this.#isDead) return 0;
    const segment: Segment = { arrive, isHere: false };
    this.#segments.push(segment);
    return this.#link.sendStream(
      { way: this.#way, sizeBytes },
      {
        onArrived: () => {
          segment.isHere = true;
          while (this.#segments[0]?.isHere) this.#segments.shift()?.arrive();
        },
        onVanished: () => {
          this.#isDead = true;
        },
      },
    );
  }
}
