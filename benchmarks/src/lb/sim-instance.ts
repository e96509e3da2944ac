/**
 * One instance: some cores, a bounded queue in front of them, first come first served. A full queue refuses at once, as the service
 * runtime does; a request whose caller waits no more is dropped when its turn comes, for it carries its deadline.
 */
import type { EventQueue } from "./event-queue.js";
import type { CallEnd, SimCall } from "./sim-call.js";

export interface InstanceSpec {
  readonly cores: number;
  /** Of each core; 2 does the work in half of the time. */
  readonly speed: number;
  /** Requests that may wait; beyond them `busy` is answered. */
  readonly queueLimit: number;
}

/** What is wrong with an instance. */
export interface Condition {
  /** Work takes so many times longer. */
  readonly slowness: number;
  /** Share of the requests that end with an error after they were worked on. */
  readonly failureRatio: number;
  /** Share of the requests that end with an error at once. */
  readonly fastFailureRatio: number;
  /** `up`; `silent`: takes requests and never answers; `down`: the process is gone, connections are refused. */
  readonly presence: "up" | "silent" | "down";
}

export const WELL: Condition = { slowness: 1, failureRatio: 0, fastFailureRatio: 0, presence: "up" };

/** An answer leaves the instance. */
export type AnswerSink = (call: SimCall, end: CallEnd) => void;

export class SimInstance {
  readonly #spec: InstanceSpec;
  readonly #events: EventQueue;
  readonly #answer: AnswerSink;
  #condition = WELL;
  /** Changes when everything under way is lost. */
  #life = 0;
  readonly #running = new Set<SimCall>();
  #waiting: SimCall[] = [];
  #nextWaiting = 0;

  constructor(spec: InstanceSpec, events: EventQueue, answer: AnswerSink) {
    this.#spec = spec;
    this.#events = events;
    this.#answer = answer;
  }

  /** What a probe sees: the kernel accepts connections for a process that hangs, too. */
  get acceptsConnections(): boolean {
    return this.#condition.presence !== "down";
  }

  become(condition: Condition): void {
    this.#condition = condition;
    if (condition.presence === "up") return;
    const lost = [...this.#running, ...this.#waiting.slice(this.#nextWaiting)];
    this.#life += 1;
    this.#running.clear();
    this.#waiting = [];
    this.#nextWaiting = 0;
    if (condition.presence === "down") for (const call of lost) this.#answer(call, "reset");
  }

  receive(call: SimCall): void {
    const { presence, fastFailureRatio } = this.#condition;
    if (presence === "silent") return;
    if (presence === "down") this.#answer(call, "refused");
    else if (call.dice < fastFailureRatio) this.#answer(call, "error");
    else if (this.#running.size < this.#spec.cores) this.#start(call);
    else if (this.#waiting.length - this.#nextWaiting < this.#spec.queueLimit) this.#waiting.push(call);
    else this.#answer(call, "busy");
  }

  #start(call: SimCall): void {
    const life = this.#life;
    const durationMs = (call.workMs * this.#condition.slowness) / this.#spec.speed;
    this.#running.add(call);
    this.#events.at(this.#events.nowMs + durationMs, () => {
      if (life === this.#life) this.#finish(call);
    });
  }

  #finish(call: SimCall): void {
    this.#running.delete(call);
    this.#answer(call, call.dice < this.#condition.failureRatio ? "error" : "success");
    while (this.#nextWaiting < this.#waiting.length) {
      const next = this.#waiting[this.#nextWaiting++]!;
      this.#trim();
      if (next.isEnded) continue;
      this.#start(next);
      return;
    }
  }

  #trim(): void {
    if (this.#nextWaiting < 64 || this.#nextWaiting * 2 < this.#waiting.length) return;
    this.#waiting = this.#waiting.slice(this.#nextWaiting);
    this.#nextWaiting = 0;
  }
}
