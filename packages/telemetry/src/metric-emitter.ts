/**
 * Metrics of one service in one process: counted in memory, put into the machine's ring once a second. Adding costs no system call.
 *
 * What can't be put (no ring yet, ring full) stays counted and is tried again with the next flush; counts older than `maxHoldMs` are
 * given up, so that an agent that comes back after an hour does not see the hour as one second. Nothing here throws or blocks.
 */
import { isAppError } from "@msec/core";
import { encodeQueueRecord, setQueueRecordValue } from "@msec/protocol";

/** Where records go: the machine's ring (`MonitorRing` of `@msec/shm`), or a list in tests. */
export interface RecordSink {
  /** False when there is no room now. */
  put(record: Uint8Array): boolean;
}

export interface MetricEmitterOptions {
  /** `First.Second`. */
  readonly service: string;
  /** The ring; undefined while there is none. Asked at each flush. */
  readonly openSink: () => RecordSink | undefined;
  /** Default 1000. */
  readonly flushIntervalMs?: number;
  /** Different attributes; more are counted as `attributesRefused` only. Default 4000. */
  readonly maxAttributes?: number;
  /** Longest time that counts wait for the ring. Default 60000. */
  readonly maxHoldMs?: number;
  readonly nowMs?: () => number;
}

/** What the emitter itself lost, since its start. */
export interface MetricEmitterCounts {
  /** Flushes that found no ring. */
  readonly ringAbsent: number;
  /** Records that found no room; they were tried again. */
  readonly ringFull: number;
  /** Records given up after `maxHoldMs`. */
  readonly recordsDropped: number;
  /** Reports with a name that breaks the rules (empty, above 127 bytes, control characters). */
  readonly namesInvalid: number;
  /** Reports under new names above `maxAttributes`. */
  readonly attributesRefused: number;
}

/** One attribute; keep it where the same one is added to again and again. */
export interface MetricCounter {
  add(value?: number): void;
}

const MAX_U32 = 0xffff_ffff;

class Cell implements MetricCounter {
  readonly record: Uint8Array;
  value = 0;
  isPending = false;
  sinceMs = 0;

  constructor(record: Uint8Array) {
    this.record = record;
  }

  add(value = 1): void {
    if (!(value > 0)) return;
    this.value += Math.floor(value);
    this.isPending = true;
  }
}

const NO_COUNTER: MetricCounter = { add: () => undefined };

export class MetricEmitter {
  readonly #options: MetricEmitterOptions;
  readonly #maxAttributes: number;
  readonly #maxHoldMs: number;
  readonly #nowMs: () => number;
  readonly #adds = new Map<string, Cell>();
  readonly #sets = new Map<string, Cell>();
  readonly #counts = { ringAbsent: 0, ringFull: 0, recordsDropped: 0, namesInvalid: 0, attributesRefused: 0 };
  readonly #collectors: (() => void)[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(options: MetricEmitterOptions) {
    this.#options = options;
    this.#maxAttributes = options.maxAttributes ?? 4_000;
    this.#maxHoldMs = options.maxHoldMs ?? 60_000;
    this.#nowMs = options.nowMs ?? (() => performance.now());
  }

  get counts(): MetricEmitterCounts {
    return this.#counts;
  }

  /** Begins to flush. The timer doesn't keep the process alive. */
  start(): this {
    this.#timer ??= setInterval(() => this.flush(), this.#options.flushIntervalMs ?? 1_000).unref();
    return this;
  }

  /** Puts what is left into the ring and ends the timer. */
  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.flush();
  }

  /** Adds to a sum. @param value whole number above 0, default 1; others are ignored */
  add(name: string, value = 1): void {
    (this.#adds.get(name) ?? this.#create("add", name))?.add(value);
  }

  /** Reports a level; the last one of a second counts. @param value whole number from 0 to 4294967295 */
  set(name: string, value: number): void {
    const cell = this.#sets.get(name) ?? this.#create("set", name);
    if (!cell || !(value >= 0)) return;
    cell.value = Math.min(MAX_U32, Math.floor(value));
    cell.isPending = true;
  }

  /** The counter behind `add(name)`. One that counts nothing when the name is refused. */
  counter(name: string): MetricCounter {
    return this.#adds.get(name) ?? this.#create("add", name) ?? NO_COUNTER;
  }

  /** Called before each flush: the place to add what was counted elsewhere. It must not throw. */
  onFlush(collect: () => void): void {
    this.#collectors.push(collect);
  }

  /** Puts what was counted into the ring. */
  flush(): void {
    for (const collect of this.#collectors) collect();
    const nowMs = this.#nowMs();
    const sink = this.#trySink();
    let room = sink !== undefined;
    if (!room) this.#counts.ringAbsent++;
    for (const cell of this.#adds.values())
      if (cell.isPending) room = this.#flushCell(cell, room ? sink : undefined, nowMs);
    for (const cell of this.#sets.values())
      if (cell.isPending) room = this.#flushCell(cell, room ? sink : undefined, nowMs);
  }

  #trySink(): RecordSink | undefined {
    try {
      return this.#options.openSink();
    } catch {
      return undefined;
    }
  }

  /** @returns whether the ring may have room for more */
  #flushCell(cell: Cell, sink: RecordSink | undefined, nowMs: number): boolean {
    while (sink && cell.isPending) {
      const part = Math.min(cell.value, MAX_U32);
      setQueueRecordValue(cell.record, part);
      if (!sink.put(cell.record)) {
        this.#counts.ringFull++;
        this.#hold(cell, nowMs);
        return false;
      }
      cell.value -= part;
      cell.isPending = cell.value > 0;
      cell.sinceMs = 0;
    }
    if (!sink) this.#hold(cell, nowMs);
    return sink !== undefined;
  }

  #hold(cell: Cell, nowMs: number): void {
    if (cell.sinceMs === 0) cell.sinceMs = nowMs;
    if (nowMs - cell.sinceMs < this.#maxHoldMs) return;
    this.#counts.recordsDropped++;
    cell.value = 0;
    cell.isPending = false;
    cell.sinceMs = 0;
  }

  #create(kind: "add" | "set", attribute: string): Cell | undefined {
    if (this.#adds.size + this.#sets.size >= this.#maxAttributes) {
      this.#counts.attributesRefused++;
      return undefined;
    }
    try {
      const cell = new Cell(encodeQueueRecord({ kind, service: this.#options.service, attribute, value: 0 }));
      (kind === "add" ? this.#adds : this.#sets).set(attribute, cell);
      return cell;
    } catch (error) {
      if (!isAppError(error)) throw error;
      this.#counts.namesInvalid++;
      return undefined;
    }
  }
}
