/** Accepts orders of the console and carries them out: one at a time per service, each at most once. */
import type { KeyObject } from "node:crypto";
import { type Clock, type Logger, toAppError } from "@msec/core";
import type { Order, OrderAction, OrderResult, SignedOrder } from "@msec/protocol";
import type { ConsoleRequester } from "../console-link/console-link.js";
import { OrderInterrupted, OrderQueueFull } from "../errors.js";
import type { OrderJournal } from "./order-journal.js";
import type { ResultOutbox } from "./result-outbox.js";
import { verifyOrder } from "./verify-order.js";

const MAX_WAITING_PER_SERVICE = 16;

export interface OrderOutcome {
  readonly text: string;
  /** Release that ran before a switch; empty when there was none. */
  readonly previousReleaseId: string;
}

export type ReportStep = (step: string, text: string) => void;

/** Carries an action out. Throws when it fails; what it throws becomes the result's reason and text. */
type OrderExecutor = (action: OrderAction, report: ReportStep) => Promise<OrderOutcome>;

export interface OrderDeskOptions {
  readonly agentId: string;
  readonly keys: readonly KeyObject[];
  readonly journal: OrderJournal;
  readonly outbox: ResultOutbox;
  readonly console: ConsoleRequester;
  consoleNowMs(): number | undefined;
  readonly execute: OrderExecutor;
  /** One sentence: which release is active and what runs. */
  describeService(service: string): string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Orders of one service, one after the other. */
interface Line {
  waiting: number;
  tail: Promise<void>;
}

export class OrderDesk {
  readonly #options: OrderDeskOptions;
  readonly #lines = new Map<string, Line>();
  #isStopped = false;

  constructor(options: OrderDeskOptions) {
    this.#options = options;
    this.#reportInterrupted();
  }

  /**
   * Serves `order`: returns when the order is accepted for good; progress and result follow as requests of the agent.
   *
   * @throws EXEC_* when it is refused; nothing was done then
   */
  accept(signed: SignedOrder): void {
    const { journal, logger } = this.#options;
    try {
      const order = this.#verify(signed);
      const line = this.#lineOf(order.action.service);
      journal.accept(order);
      logger.info("order accepted", { orderId: order.orderId, op: order.action.op, service: order.action.service });
      this.#lines.set(order.action.service, line);
      line.waiting += 1;
      line.tail = line.tail.then(() => this.#run(order)).then(() => this.#leave(order.action.service));
    } catch (error) {
      const { reason, message } = toAppError(error);
      logger.warn("order refused", { reason, why: message });
      journal.refuse(reason, message);
      throw error;
    }
  }

  /** Takes no more; waits up to `graceMs` for what is under way. */
  async stop(graceMs: number): Promise<void> {
    this.#isStopped = true;
    const all = Promise.all([...this.#lines.values()].map((line) => line.tail));
    let timer: NodeJS.Timeout | undefined;
    const grace = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, graceMs);
    });
    await Promise.race([all, grace]);
    clearTimeout(timer);
  }

  #verify(signed: SignedOrder): Order {
    const { agentId, keys, clock, consoleNowMs } = this.#options;
    return verifyOrder(signed, { agentId, keys, nowMs: clock.nowMs(), consoleNowMs: consoleNowMs() });
  }

  /** @throws {OrderQueueFull} */
  #lineOf(service: string): Line {
    const line = this.#lines.get(service) ?? { waiting: 0, tail: Promise.resolve() };
    if (line.waiting < MAX_WAITING_PER_SERVICE) return line;
    throw new OrderQueueFull({ service, limit: MAX_WAITING_PER_SERVICE });
  }

  #leave(service: string): void {
    const line = this.#lines.get(service);
    if (!line) return;
    line.waiting -= 1;
    if (line.waiting === 0) this.#lines.delete(service);
  }

  async #run(order: Order): Promise<void> {
    if (this.#isStopped) return; // told as interrupted by the next start
    const { execute, logger } = this.#options;
    const { orderId, action } = order;
    try {
      const outcome = await execute(action, (step, text) => this.#progress(orderId, step, text));
      this.#finish({ orderId, ok: true, reason: "", ...outcome });
    } catch (error) {
      const { reason, message, cause } = toAppError(error);
      logger.warn("order failed", { orderId, op: action.op, reason, why: message, cause: String(cause ?? "") });
      this.#finish({ orderId, ok: false, text: message, reason, previousReleaseId: "" });
    }
  }

  #progress(orderId: string, step: string, text: string): void {
    const { journal, console, clock, logger } = this.#options;
    journal.step(orderId, `${step}: ${text}`.slice(0, 300));
    const progress = { orderId, atMs: clock.nowMs(), step, text: text.slice(0, 2_048) };
    console.request("order.progress", progress).catch((error: unknown) => {
      logger.debug("order progress not told", { orderId, why: String(error) });
    });
  }

  #finish(result: Omit<OrderResult, "atMs">): void {
    const { journal, outbox, clock } = this.#options;
    const text = result.text.length > 4_096 ? `${result.text.slice(0, 4_095)}…` : result.text;
    journal.finish({ ...result, text, reason: result.reason.slice(0, 64), atMs: clock.nowMs() });
    outbox.kick();
  }

  /** What an earlier life of this agent accepted and did not finish. */
  #reportInterrupted(): void {
    const { journal, describeService } = this.#options;
    if (journal.broken) return;
    for (const { order, lastStep, result } of [...journal.orders]) {
      if (result) continue;
      const { orderId, action } = order;
      const { reason, message } = new OrderInterrupted({ step: lastStep, now: describeService(action.service) });
      this.#finish({ orderId, ok: false, text: message, reason, previousReleaseId: "" });
    }
  }
}
