/**
 * Timer wheel: many deadlines on one system timer.
 *
 * An entry lies in the slot of its deadline's tick, in a doubly linked list threaded through the entries themselves, so adding
 * and removing cost a few stores and no allocation (setTimeout + clearTimeout cost 600 ns, findings "Single operations").
 * Deadlines beyond one turn stay in their slot and are looked at once per turn. The system timer is armed for the first
 * occupied slot only; removing an entry leaves it armed, so steady traffic whose calls all finish in time wakes the process
 * about once per timeout instead of once per tick.
 */
import { type Clock, type ClockTimer, startTimer, systemClock } from "@msec/core";

/** What can lie in a wheel. Make one with {@link createTimerEntry} or let a class of yours carry these fields. */
export interface TimerEntry {
  /** Monotonic deadline, ms; set by the wheel. */
  wheelDeadlineMs: number;
  /** Neighbours while waiting; `undefined` while not in a wheel. Owned by the wheel. */
  wheelNext: TimerEntry | undefined;
  wheelPrevious: TimerEntry | undefined;
  /** Called at most once per `add`, never before the deadline and normally within one tick after it. Must not throw. */
  onTimeout(nowMs: number): void;
}

/**
 * A timer so late means that the process stood still. Answers may have come meanwhile and lie unread: sockets come first then, so that
 * a caller that was held up does not take answers in time for timeouts.
 */
const STOOD_STILL_MS = 20;
/** Longest wait of a system timer; Node takes more for 1 ms, with a warning. */
const MAX_WAIT_MS = 2 ** 31 - 1;

export interface TimerWheelOptions {
  /** Calls back after the event loop has looked at its sockets. Default `setImmediate`; on other clocks than the system's: at once. */
  readonly afterSockets?: (work: () => void) => void;
  /** Resolution, ms. Default 2. */
  readonly tickMs?: number;
  /** Slots of one turn, a power of two. Default 1024 (2 s at 2 ms). */
  readonly slots?: number;
  readonly clock?: Pick<Clock, "monotonicMs" | "startTimer">;
  /** Let the process exit while deadlines wait. Default true: sockets, not deadlines, keep a process alive. */
  readonly unref?: boolean;
}

export interface TimerWheel {
  /** Waits until `deadlineMs` (monotonic). An entry that already waits is moved. */
  add(entry: TimerEntry, deadlineMs: number): void;
  /** Takes the entry out; nothing happens when it is not in. */
  remove(entry: TimerEntry): void;
  /** Entries waiting. */
  readonly size: number;
  /** Drops all entries without calling them. */
  stop(): void;
}

/** An entry that calls `onTimeout`. */
export function createTimerEntry(onTimeout: (nowMs: number) => void): TimerEntry {
  return { wheelDeadlineMs: 0, wheelNext: undefined, wheelPrevious: undefined, onTimeout };
}

class SlotWheel implements TimerWheel {
  readonly #tickMs: number;
  readonly #mask: number;
  readonly #clock: Pick<Clock, "monotonicMs" | "startTimer">;
  readonly #unref: boolean;
  readonly #afterSockets: ((work: () => void) => void) | undefined;
  readonly #heads: TimerEntry[] = [];
  #size = 0;
  /** First tick that was not processed yet. */
  #nextTick: number;
  /** Tick the system timer is armed for; Infinity when it is not. */
  #armedTick = Number.POSITIVE_INFINITY;
  #timer: ClockTimer | undefined;

  constructor(options: TimerWheelOptions) {
    const slots = options.slots ?? 1024;
    this.#tickMs = options.tickMs ?? 2;
    this.#mask = slots - 1;
    this.#clock = options.clock ?? systemClock;
    this.#unref = options.unref ?? true;
    this.#afterSockets =
      options.afterSockets ?? (this.#clock === systemClock ? (work) => setImmediate(work) : undefined);
    for (let i = 0; i < slots; i++) {
      const head = createTimerEntry(() => undefined);
      head.wheelNext = head;
      head.wheelPrevious = head;
      this.#heads.push(head);
    }
    this.#nextTick = Math.floor(this.#clock.monotonicMs() / this.#tickMs);
  }

  get size(): number {
    return this.#size;
  }

  add(entry: TimerEntry, deadlineMs: number): void {
    if (entry.wheelNext !== undefined) this.#unlink(entry);
    if (this.#size === 0) this.#nextTick = Math.floor(this.#clock.monotonicMs() / this.#tickMs);
    const tick = Math.max(Math.ceil(deadlineMs / this.#tickMs), this.#nextTick);
    entry.wheelDeadlineMs = deadlineMs;
    const head = this.#heads[tick & this.#mask]!;
    const last = head.wheelPrevious!;
    entry.wheelPrevious = last;
    entry.wheelNext = head;
    last.wheelNext = entry;
    head.wheelPrevious = entry;
    this.#size++;
    if (tick < this.#armedTick) this.#arm(tick);
  }

  remove(entry: TimerEntry): void {
    if (entry.wheelNext !== undefined) this.#unlink(entry);
  }

  stop(): void {
    this.#timer?.stop();
    this.#timer = undefined;
    this.#armedTick = Number.POSITIVE_INFINITY;
    for (const head of this.#heads) {
      while (head.wheelNext !== head) this.#unlink(head.wheelNext!);
    }
  }

  #unlink(entry: TimerEntry): void {
    entry.wheelPrevious!.wheelNext = entry.wheelNext;
    entry.wheelNext!.wheelPrevious = entry.wheelPrevious;
    entry.wheelNext = undefined;
    entry.wheelPrevious = undefined;
    this.#size--;
  }

  #arm(tick: number): void {
    this.#timer?.stop();
    this.#armedTick = tick;
    const waitMs = Math.min(MAX_WAIT_MS, Math.max(1, Math.ceil(tick * this.#tickMs - this.#clock.monotonicMs())));
    this.#timer = startTimer(this.#clock, () => this.#onTimer(tick), waitMs);
    if (this.#unref) this.#timer.unref();
  }

  #onTimer(tick: number): void {
    const lateMs = this.#clock.monotonicMs() - tick * this.#tickMs;
    if (lateMs < STOOD_STILL_MS || this.#afterSockets === undefined) this.#turn();
    else
      this.#afterSockets(() => {
        if (this.#armedTick === tick) this.#turn(); // neither stopped nor armed anew meanwhile
      });
  }

  #turn(): void {
    this.#timer = undefined;
    this.#armedTick = Number.POSITIVE_INFINITY;
    const nowMs = this.#clock.monotonicMs();
    const nowTick = Math.floor(nowMs / this.#tickMs);
    // After a long sleep one turn visits every slot once; more would only repeat it.
    const last = Math.min(nowTick, this.#nextTick + this.#mask);
    const from = this.#nextTick;
    this.#nextTick = Math.max(this.#nextTick, nowTick);
    for (let tick = from; tick <= last; tick++) this.#expire(this.#heads[tick & this.#mask]!, nowMs);
    if (this.#size > 0) this.#armNext();
  }

  #expire(head: TimerEntry, nowMs: number): void {
    let due: TimerEntry[] | undefined;
    for (let entry = head.wheelNext!; entry !== head; entry = entry.wheelNext!) {
      if (entry.wheelDeadlineMs <= nowMs) {
        due ??= [];
        due.push(entry);
      }
    }
    if (due === undefined) return;
    for (const entry of due) {
      // An earlier callback may have removed it or moved its deadline.
      if (entry.wheelNext === undefined || entry.wheelDeadlineMs > nowMs) continue;
      this.#unlink(entry);
      entry.onTimeout(nowMs);
    }
  }

  /** Arms for the first occupied slot from here; entries of later turns may lie there, which costs one idle wake-up. */
  #armNext(): void {
    for (let i = 0; i <= this.#mask; i++) {
      const tick = this.#nextTick + i;
      const head = this.#heads[tick & this.#mask]!;
      if (head.wheelNext === head) continue;
      // The current slot may hold entries due within this very tick.
      const target = i === 0 ? tick + 1 : tick;
      if (target < this.#armedTick) this.#arm(target);
      return;
    }
  }
}

/** Starts a wheel. It holds a system timer only while entries wait. */
export function startTimerWheel(options: TimerWheelOptions = {}): TimerWheel {
  return new SlotWheel(options);
}
