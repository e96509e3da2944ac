/**
 * All orders this agent ever accepted, on disk before they are carried out: the reason why a replay is refused across restarts,
 * and the local audit log. Format: journal-chain.ts. A file that grew large is replaced by one that begins where it ended;
 * one older file is kept as `orders.1.jsonl`.
 */
import {
  closeSync,
  constants,
  copyFileSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import type { Clock, Logger } from "@msec/core";
import type { Order, OrderResult } from "@msec/protocol";
import { JournalBroken, JournalFull, OrderReplayed } from "../errors.js";
import { syncDirectory } from "../files/atomic-file.js";
import { CHAIN_START, type JournalEntry, readLine, sealLine } from "./journal-chain.js";
import { CLOCK_TOLERANCE_MS } from "./verify-order.js";

export interface RememberedOrder {
  readonly order: Order;
  lastStep: string;
  result: OrderResult | undefined;
  isConfirmed: boolean;
}

export interface OrderJournalOptions {
  readonly path: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Size at which a new file begins. Default 4 MiB. */
  readonly rotateBytes?: number;
  /** Most orders that are remembered. Default 10000. */
  readonly maxOrders?: number;
}

export class OrderJournal {
  readonly #options: OrderJournalOptions;
  readonly #orders = new Map<string, RememberedOrder>();
  #broken: Error | undefined;
  #fd = -1;
  #sizeBytes = 0;
  /** Size right after the last rotation. */
  #keptBytes = 0;
  #seq = 0;
  #hash = CHAIN_START;
  #forgottenUntilMs = 0;

  constructor(options: OrderJournalOptions) {
    this.#options = options;
    mkdirSync(dirname(options.path), { recursive: true, mode: 0o700 });
    this.#fd = openSync(options.path, constants.O_RDWR | constants.O_CREAT, 0o600);
    this.#load();
    if (this.#seq === 0 && !this.#broken) this.#write({ kind: "begin", forgottenUntilMs: 0 }, true);
  }

  /** Why nothing can be accepted, if so. */
  get broken(): Error | undefined {
    return this.#broken;
  }

  get orders(): Iterable<RememberedOrder> {
    return this.#orders.values();
  }

  get(orderId: string): RememberedOrder | undefined {
    return this.#orders.get(orderId);
  }

  /**
   * Remembers a verified order for good; it is on disk when this returns.
   *
   * @throws {OrderReplayed} {JournalBroken} {JournalFull}
   */
  accept(order: Order): void {
    if (this.#broken) throw this.#broken;
    const { orderId, expiresAtMs } = order;
    if (this.#orders.has(orderId) || expiresAtMs <= this.#forgottenUntilMs) throw new OrderReplayed({ orderId });
    const limit = this.#options.maxOrders ?? 10_000;
    if (this.#orders.size >= limit) this.#rotate();
    if (this.#orders.size >= limit) throw new JournalFull({ limit });
    const entry: JournalEntry = { kind: "accepted", order };
    this.#write(entry, true);
    this.#remember(entry);
  }

  step(orderId: string, text: string): void {
    this.#append({ kind: "step", orderId, text }, false);
  }

  finish(result: OrderResult): void {
    this.#append({ kind: "finished", result }, true);
  }

  confirm(orderId: string): void {
    this.#append({ kind: "confirmed", orderId }, false);
  }

  refuse(reason: string, text: string): void {
    if (!this.#broken) this.#append({ kind: "refused", reason, text: text.slice(0, 300) }, false);
  }

  close(): void {
    closeSync(this.#fd);
  }

  /** A full disk must not keep an order that is under way from its end: it is remembered in memory at least. */
  #append(entry: JournalEntry, durable: boolean): void {
    this.#remember(entry);
    if (this.#broken) return;
    try {
      this.#write(entry, durable);
      // What must be kept may be large by itself: then only when it doubled.
      if (this.#sizeBytes > Math.max(this.#options.rotateBytes ?? 4 << 20, 2 * this.#keptBytes)) this.#rotate();
    } catch (error) {
      this.#options.logger.error("order journal can't be written", { why: String(error) });
    }
  }

  #write(entry: JournalEntry, durable: boolean): void {
    const atMs = this.#options.clock.nowMs();
    const line = sealLine({ seq: this.#seq + 1, prev: this.#hash, atMs, entry });
    const bytes = Buffer.from(`${JSON.stringify(line)}\n`);
    this.#writeWhole(bytes);
    if (durable) fsyncSync(this.#fd);
    this.#seq = line.seq;
    this.#hash = line.hash;
    this.#sizeBytes += bytes.length;
  }

  /** All of it or nothing: half a line in the middle would break the chain. */
  #writeWhole(bytes: Buffer): void {
    try {
      for (let done = 0; done < bytes.length; )
        done += writeSync(this.#fd, bytes, done, bytes.length - done, this.#sizeBytes + done);
    } catch (error) {
      ftruncateSync(this.#fd, this.#sizeBytes);
      throw error;
    }
  }

  #remember(entry: JournalEntry): void {
    switch (entry.kind) {
      case "begin":
        this.#forgottenUntilMs = entry.forgottenUntilMs;
        return;
      case "accepted": {
        const { order } = entry;
        this.#orders.set(order.orderId, { order, lastStep: "accepted", result: undefined, isConfirmed: false });
        return;
      }
      case "step":
        this.#with(entry.orderId, (known) => {
          known.lastStep = entry.text;
        });
        return;
      case "finished":
        this.#with(entry.result.orderId, (known) => {
          known.result = entry.result;
        });
        return;
      case "confirmed":
        this.#with(entry.orderId, (known) => {
          known.isConfirmed = true;
        });
    }
  }

  #with(orderId: string, change: (known: RememberedOrder) => void): void {
    const known = this.#orders.get(orderId);
    if (known) change(known);
  }

  #load(): void {
    const text = readFileSync(this.#fd, "utf8");
    const lines = text.split("\n");
    let at = 0;
    for (const [index, raw] of lines.entries()) {
      if (index === lines.length - 1 && raw === "") break;
      const line = readLine(raw, index === 0 ? firstPrev(raw) : this.#hash);
      if (typeof line === "string") {
        this.#onBadLine({ line: index + 1, problem: line, isLast: index >= lines.length - 2, at });
        break;
      }
      at += Buffer.byteLength(raw) + 1;
      this.#seq = line.seq;
      this.#hash = line.hash;
      this.#remember(line.entry);
    }
    this.#sizeBytes = at;
  }

  /** A torn last line is what a crash leaves; anything else is not. */
  #onBadLine(bad: { line: number; problem: string; isLast: boolean; at: number }): void {
    const { path, logger } = this.#options;
    if (bad.isLast) {
      logger.warn("order journal ends in a torn line, cut off", { line: bad.line });
      ftruncateSync(this.#fd, bad.at);
      return;
    }
    this.#broken = new JournalBroken({ path, line: bad.line, problem: bad.problem });
    logger.error("order journal is broken, orders are refused", { why: this.#broken.message });
  }

  /** Begins a new file with what must still be known. */
  #rotate(): void {
    const { path, clock } = this.#options;
    const forgetBeforeMs = clock.nowMs() - 2 * CLOCK_TOLERANCE_MS;
    for (const [orderId, known] of this.#orders) {
      if (!known.isConfirmed || known.order.expiresAtMs > forgetBeforeMs) continue;
      this.#forgottenUntilMs = Math.max(this.#forgottenUntilMs, known.order.expiresAtMs);
      this.#orders.delete(orderId);
    }
    const old = { fd: this.#fd, sizeBytes: this.#sizeBytes, seq: this.#seq, hash: this.#hash };
    const temporary = `${path}.tmp`;
    this.#fd = openSync(temporary, "w+", 0o600);
    this.#sizeBytes = 0;
    try {
      this.#write({ kind: "begin", forgottenUntilMs: this.#forgottenUntilMs }, false);
      for (const known of this.#orders.values()) this.#writeKnown(known);
      fsyncSync(this.#fd);
    } catch (error) {
      closeSync(this.#fd);
      ({ fd: this.#fd, sizeBytes: this.#sizeBytes, seq: this.#seq, hash: this.#hash } = old);
      throw error;
    }
    closeSync(old.fd);
    this.#keptBytes = this.#sizeBytes;
    copyFileSync(path, path.replace(/\.jsonl$/, ".1.jsonl"));
    renameSync(temporary, path);
    syncDirectory(dirname(path));
  }

  #writeKnown({ order, lastStep, result, isConfirmed }: RememberedOrder): void {
    this.#write({ kind: "accepted", order }, false);
    this.#write({ kind: "step", orderId: order.orderId, text: lastStep }, false);
    if (result) this.#write({ kind: "finished", result }, false);
    if (isConfirmed) this.#write({ kind: "confirmed", orderId: order.orderId }, false);
  }
}

/** The first line of a file continues the file before it, which may be gone. */
function firstPrev(raw: string): string {
  try {
    return String((JSON.parse(raw) as { prev?: unknown }).prev);
  } catch {
    return CHAIN_START;
  }
}
