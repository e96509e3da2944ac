/**
 * Sends the spool to the console in order and forgets a record only after the console confirmed it.
 *
 * `agent/logs/position.json` is written before a batch goes out (what it spans) and after it was confirmed. After a crash
 * between the two, exactly the same records go out under the same batch id, so the console can tell that it has them.
 */
import { open } from "node:fs/promises";
import { isAppError, type Logger } from "@msec/core";
import type { LogEvent } from "@msec/protocol";
import { type Static, Type } from "typebox";
import { Value } from "typebox/value";
import type { ConsoleRequester } from "../console-link/console-link.js";
import { tryReadJson, writeFileAtomic } from "../files/atomic-file.js";
import type { LogSpool, Segment } from "./log-spool.js";
import { readSpoolRecord } from "./spool-segment.js";

const MAX_BATCH_EVENTS = 500;
const MAX_BATCH_BYTES = 1 << 20;

const Position = Type.Object({
  segment: Type.Integer(),
  offset: Type.Integer(),
  /** Id of the last confirmed batch. */
  batchId: Type.Integer(),
  /** End of the batch that is under way, in `segment`; equal to `offset` when there is none. */
  pendingOffset: Type.Integer(),
  /** Records of `segment` before `offset`. */
  sentRecords: Type.Integer(),
});
type Position = Static<typeof Position>;

interface Batch {
  readonly events: LogEvent[];
  readonly endOffset: number;
  /** Nothing more can be read from the segment behind `endOffset`. */
  readonly isSegmentDone: boolean;
}

export interface LogForwarderOptions {
  readonly spool: LogSpool;
  readonly console: ConsoleRequester;
  readonly positionPath: string;
  readonly logger: Logger;
  /** Pause after a failure. Default 1000. */
  readonly retryMs?: number;
}

export class LogForwarder {
  readonly #options: LogForwarderOptions;
  readonly #endListening: (() => void)[];
  #position: Position;
  #running: Promise<void> | undefined;
  #isStopped = false;
  #again = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: LogForwarderOptions) {
    this.#options = options;
    const saved = tryReadJson(options.positionPath);
    // Without a position the ids continue above all that an earlier life of this home can have used.
    this.#position = Value.Check(Position, saved)
      ? { ...saved }
      : { segment: 0, offset: 0, batchId: Date.now(), pendingOffset: 0, sentRecords: 0 };
    const kick = () => this.#kick();
    this.#endListening = [options.console.onConnected(kick), options.spool.onWritten(kick)];
    kick();
  }

  /** Records on disk that wait for the console. */
  get waitingRecords(): number {
    const total = this.#options.spool.segments.reduce((sum, segment) => sum + segment.records, 0);
    return Math.max(0, total - this.#position.sentRecords);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    for (const end of this.#endListening) end();
    await this.#running;
  }

  #kick(): void {
    this.#again = true;
    if (this.#running || this.#isStopped || !this.#options.console.isConnected) return;
    this.#running = this.#drain()
      .catch((error: unknown) => {
        this.#options.logger.warn("log forwarding failed, trying again", { why: String(error) });
        this.#timer = setTimeout(() => this.#kick(), this.#options.retryMs ?? 1_000);
      })
      .finally(() => {
        this.#running = undefined;
        if (this.#again && this.#timer === undefined) this.#kick();
        this.#timer = undefined;
      });
  }

  async #drain(): Promise<void> {
    this.#again = false;
    while (!this.#isStopped && this.#options.console.isConnected) {
      const segment = await this.#currentSegment();
      if (!segment) return;
      const batch = await this.#readBatch(segment);
      if (batch.events.length > 0) await this.#deliver(batch);
      else if (batch.isSegmentDone) await this.#leaveSegment(segment);
      else return;
    }
  }

  /** The segment to read from; skips what was dropped meanwhile. */
  async #currentSegment(): Promise<Segment | undefined> {
    const { spool } = this.#options;
    const segment = spool.segments.find((each) => each.number >= this.#position.segment);
    if (!segment) return undefined;
    if (segment.number !== this.#position.segment) this.#moveTo(segment.number);
    await spool.deleteBefore(segment.number);
    return segment;
  }

  #moveTo(number: number): void {
    const { offset, pendingOffset, batchId } = this.#position;
    // A batch that may have arrived keeps its id: other records under it would be taken for repeats.
    const used = pendingOffset > offset ? batchId + 1 : batchId;
    this.#position = { segment: number, offset: 0, batchId: used, pendingOffset: 0, sentRecords: 0 };
  }

  async #deliver(batch: Batch): Promise<void> {
    this.#position.pendingOffset = batch.endOffset;
    this.#savePosition();
    const batchId = this.#position.batchId + 1;
    await this.#send(batchId, batch.events);
    this.#position.offset = batch.endOffset;
    this.#position.batchId = batchId;
    this.#position.sentRecords += batch.events.length;
    this.#savePosition();
  }

  async #send(batchId: number, events: LogEvent[]): Promise<void> {
    const { console, spool, logger } = this.#options;
    try {
      await console.request("logs", { batchId, events }, { timeoutMs: 30_000 });
    } catch (error) {
      if (!isAppError(error) || error.code !== "INVALID_ARGUMENT") throw error;
      // The same records would be refused for ever and hold up all others.
      logger.error("console refuses log records, dropped", { records: events.length, why: error.message });
      spool.noteLost(events.length);
    }
  }

  #savePosition(): void {
    writeFileAtomic(this.#options.positionPath, JSON.stringify(this.#position), { durable: false });
  }

  async #leaveSegment(segment: Segment): Promise<void> {
    const { spool } = this.#options;
    spool.noteLost(Math.max(0, segment.records - this.#position.sentRecords));
    this.#moveTo(segment.number + 1);
    await spool.deleteBefore(segment.number + 1);
  }

  async #readBatch(segment: Segment): Promise<Batch> {
    const { spool } = this.#options;
    const { offset, pendingOffset } = this.#position;
    const isLast = spool.segments.at(-1) === segment;
    const limit = pendingOffset > offset ? pendingOffset : segment.sizeBytes;
    const bytes = await readRange(spool.pathOf(segment.number), offset, Math.min(limit, offset + MAX_BATCH_BYTES));
    const events: LogEvent[] = [];
    let at = 0;
    let isDamaged = false;
    while (events.length < MAX_BATCH_EVENTS) {
      const read = readSpoolRecord(bytes, at);
      isDamaged = read.kind === "damaged" || (read.kind === "short" && at === 0 && !isLast);
      if (read.kind !== "record") break;
      events.push(JSON.parse(read.json) as LogEvent);
      at = read.nextOffset;
    }
    const isAtEnd = offset + at >= segment.sizeBytes;
    return { events, endOffset: offset + at, isSegmentDone: isDamaged || (isAtEnd && !isLast) };
  }
}

async function readRange(path: string, start: number, end: number): Promise<Buffer> {
  if (end <= start) return Buffer.alloc(0);
  const handle = await open(path, "r");
  try {
    const bytes = Buffer.alloc(end - start);
    const { bytesRead } = await handle.read(bytes, 0, bytes.length, start);
    return bytes.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}
