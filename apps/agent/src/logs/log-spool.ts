/**
 * Log records on disk until the console has them: append-only segments, numbered upward. New records are collected for up to
 * 50 ms and written together. A start never appends to an old segment, so a record torn by `kill -9` is always a last one.
 *
 *   agent/logs/00000001.spool …   segments
 */
import { type FileHandle, mkdir, open, readdir, readFile, rm } from "node:fs/promises";
import type { Logger } from "@msec/core";
import { countSpoolRecords, encodeSpoolRecord } from "./spool-segment.js";

export interface LogSpoolOptions {
  readonly directory: string;
  readonly segmentBytes: number;
  /** Above it the oldest segment is dropped. */
  readonly maxBytes: number;
  readonly logger: Logger;
  /** Most bytes that wait in memory to be written; records above it are dropped and counted. Default 4 MiB. */
  readonly maxPendingBytes?: number;
}

export interface Segment {
  readonly number: number;
  /** Bytes that are surely in the file. */
  sizeBytes: number;
  records: number;
}

export class LogSpool {
  readonly #options: LogSpoolOptions;
  readonly #maxPendingBytes: number;
  readonly #segments: Segment[] = [];
  readonly #onWritten = new Set<() => void>();
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  #file: { readonly handle: FileHandle; readonly segment: Segment } | undefined;
  #flushing: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #nextNumber = 1;
  #droppedRecords = 0;

  private constructor(options: LogSpoolOptions) {
    this.#options = options;
    this.#maxPendingBytes = options.maxPendingBytes ?? 4 << 20;
  }

  static async open(options: LogSpoolOptions): Promise<LogSpool> {
    const spool = new LogSpool(options);
    await mkdir(options.directory, { recursive: true, mode: 0o700 });
    const names = (await readdir(options.directory)).filter((name) => /^\d{8,}\.spool$/.test(name)).sort();
    for (const name of names) {
      const bytes = await readFile(`${options.directory}/${name}`);
      const number = Number.parseInt(name, 10);
      spool.#segments.push({ number, sizeBytes: bytes.length, records: countSpoolRecords(bytes) });
      spool.#nextNumber = number + 1;
    }
    return spool;
  }

  /** Records given up because of a limit or a full disk since the start. */
  get droppedRecords(): number {
    return this.#droppedRecords;
  }

  /** Oldest first; the last one may still grow. */
  get segments(): readonly Segment[] {
    return this.#segments;
  }

  /** So much waits to be written that the senders should wait too. */
  get isBehind(): boolean {
    return this.#pendingBytes > this.#maxPendingBytes / 4;
  }

  pathOf(number: number): string {
    return `${this.#options.directory}/${String(number).padStart(8, "0")}.spool`;
  }

  /** Takes a record over; it is on disk within 50 ms. */
  append(json: string): void {
    const record = encodeSpoolRecord(json);
    if (this.#pendingBytes + record.length > this.#maxPendingBytes) {
      this.#droppedRecords += 1;
      return;
    }
    this.#pending.push(record);
    this.#pendingBytes += record.length;
    if (this.#pendingBytes > 256 << 10) void this.flush();
    else this.#timer ??= setTimeout(() => void this.flush(), 50);
  }

  /** Counts records that the reader found damaged. */
  noteLost(records: number): void {
    this.#droppedRecords += records;
  }

  /** Called after each write. @returns ends it */
  onWritten(listener: () => void): () => void {
    this.#onWritten.add(listener);
    return () => this.#onWritten.delete(listener);
  }

  /** Writes what is pending. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    while (this.#flushing !== undefined) await this.#flushing;
    if (this.#pending.length === 0) return;
    this.#flushing = this.#write().finally(() => {
      this.#flushing = undefined;
    });
    await this.#flushing;
    for (const listener of this.#onWritten) listener();
  }

  /** Deletes segments below `number`: their records are delivered. */
  async deleteBefore(number: number): Promise<void> {
    while (this.#segments.length > 0 && this.#segments[0]!.number < number) await this.#deleteFirst();
  }

  async close(): Promise<void> {
    await this.flush();
    await this.#closeFile();
  }

  async #write(): Promise<void> {
    const records = this.#pending;
    const bytes = Buffer.concat(records, this.#pendingBytes);
    this.#pending = [];
    this.#pendingBytes = 0;
    try {
      const { handle, segment } = await this.#openFile();
      await handle.write(bytes, 0, bytes.length, segment.sizeBytes);
      segment.sizeBytes += bytes.length;
      segment.records += records.length;
      await this.#enforceLimits(segment);
    } catch (error) {
      this.#droppedRecords += records.length;
      this.#options.logger.error("log spool write failed", { why: String(error), records: records.length });
      await this.#closeFile();
    }
  }

  async #openFile(): Promise<{ readonly handle: FileHandle; readonly segment: Segment }> {
    if (this.#file) return this.#file;
    const number = this.#nextNumber;
    const handle = await open(this.pathOf(number), "wx", 0o600);
    this.#nextNumber += 1;
    const segment: Segment = { number, sizeBytes: 0, records: 0 };
    this.#segments.push(segment);
    this.#file = { handle, segment };
    return this.#file;
  }

  async #enforceLimits(current: Segment): Promise<void> {
    if (current.sizeBytes >= this.#options.segmentBytes) await this.#closeFile();
    let total = this.#segments.reduce((sum, segment) => sum + segment.sizeBytes, 0);
    while (total > this.#options.maxBytes && this.#segments.length > 1) {
      const oldest = this.#segments[0]!;
      total -= oldest.sizeBytes;
      this.#droppedRecords += oldest.records;
      this.#options.logger.warn("log spool is full, oldest segment dropped", { records: oldest.records });
      await this.#deleteFirst();
    }
  }

  async #closeFile(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.handle.close().catch(() => undefined);
  }

  async #deleteFirst(): Promise<void> {
    const segment = this.#segments.shift();
    if (!segment) return;
    if (this.#file?.segment === segment) await this.#closeFile();
    await rm(this.pathOf(segment.number), { force: true });
  }
}
