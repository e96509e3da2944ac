/**
 * Signed, single-use, expiring orders: the only way in which the console changes anything on a machine.
 * Ed25519 over the JSON text of the order; the agent verifies before a byte is written (spec remote-shell.md, stronger design).
 */
import { type KeyObject, randomUUID, sign } from "node:crypto";
import { type Clock, type Logger, toAppError } from "@msec/core";
import type { Order, OrderAction, OrderProgress, OrderResult } from "@msec/protocol";
import type { AgentHub } from "../link/agent-hub.js";
import { OrderRefused, OrderUnanswered } from "./errors.js";
import type { OrderRow, OrderStore } from "./order-store.js";

/** How long an order may be started after it was signed. */
const ORDER_VALIDITY_MS = 60_000;

export interface IssueOptions {
  readonly agentId: string;
  /** For texts. */
  readonly machine: string;
  readonly author: string;
  /** Longest wait for the end of the order. */
  readonly timeoutMs: number;
  onProgress?(progress: OrderProgress): void;
}

interface Waiting {
  readonly agentId: string;
  readonly timer: NodeJS.Timeout;
  onProgress(progress: OrderProgress): void;
  finish(result: OrderResult): void;
}

export interface OrderServiceOptions {
  readonly store: OrderStore;
  readonly hub: Pick<AgentHub, "request">;
  readonly key: KeyObject;
  readonly clock: Clock;
  readonly logger: Logger;
}

export class OrderService {
  readonly #options: OrderServiceOptions;
  readonly #waiting = new Map<string, Waiting>();

  constructor(options: OrderServiceOptions) {
    this.#options = options;
  }

  /**
   * Signs an order, sends it and waits for its end.
   *
   * @returns the agent's result
   * @throws AgentAway nothing was sent; {OrderRefused} it failed there; {OrderUnanswered} no end within `timeoutMs`
   */
  async issue(action: OrderAction, options: IssueOptions): Promise<OrderResult> {
    const { store, clock } = this.#options;
    const row = this.#newRow(action, options);
    await store.add(row);
    const ended = this.#waitForEnd(row.orderId, action.op, options);
    ended.catch(() => undefined);
    try {
      await this.#send(action, row, options);
    } catch (error) {
      this.#stopWaiting(row.orderId);
      const failure = toAppError(error);
      await store.setStatus(row.orderId, "failed", { atMs: clock.nowMs(), error: failure.message });
      throw failure;
    }
    await store.setStatus(row.orderId, "accepted");
    const result = await ended;
    if (!result.ok)
      throw new OrderRefused({ machine: options.machine, op: action.op, text: result.text, reason: result.reason });
    return result;
  }

  /** An agent tells a step. Steps of orders that nobody waits for any more are only logged. */
  onProgress(agentId: string, progress: OrderProgress): void {
    const waiting = this.#waiting.get(progress.orderId);
    if (waiting?.agentId === agentId) waiting.onProgress(progress);
  }

  /** An agent tells the end of an order; it repeats that until this returns. */
  async onResult(agentId: string, result: OrderResult): Promise<void> {
    const status = result.ok ? "succeeded" : "failed";
    await this.#options.store.setStatus(result.orderId, status, {
      atMs: this.#options.clock.nowMs(),
      error: result.ok ? null : result.text,
    });
    const waiting = this.#waiting.get(result.orderId);
    if (waiting?.agentId !== agentId) return;
    this.#stopWaiting(result.orderId);
    waiting.finish(result);
  }

  /** After a start: orders whose end was never told and that can't be begun any more are marked. */
  async expireOld(): Promise<void> {
    const nowMs = this.#options.clock.nowMs();
    for (const row of await this.#options.store.open()) {
      if (row.expiresAtMs < nowMs)
        await this.#options.store.setStatus(row.orderId, "expired", { atMs: nowMs, error: "its end was never told" });
    }
  }

  ofAgent(agentId: string, limit: number): Promise<readonly OrderRow[]> {
    return this.#options.store.ofAgent(agentId, limit);
  }

  #stopWaiting(orderId: string): void {
    clearTimeout(this.#waiting.get(orderId)?.timer);
    this.#waiting.delete(orderId);
  }

  #newRow(action: OrderAction, options: IssueOptions): OrderRow {
    const issuedAtMs = this.#options.clock.nowMs();
    const { op, ...args } = action;
    return {
      orderId: randomUUID(),
      agentId: options.agentId,
      op,
      argsText: JSON.stringify(args),
      author: options.author,
      status: "sent",
      issuedAtMs,
      expiresAtMs: issuedAtMs + ORDER_VALIDITY_MS,
      endedAtMs: null,
      error: null,
    };
  }

  async #send(action: OrderAction, row: OrderRow, options: IssueOptions): Promise<void> {
    const { orderId, agentId, issuedAtMs, expiresAtMs } = row;
    const order: Order = { orderId, agentId, issuedAtMs, expiresAtMs, action };
    const payload = JSON.stringify(order);
    const signature = sign(null, Buffer.from(payload), this.#options.key).toString("base64");
    await this.#options.hub.request(agentId, "order", { payload, signature }, { machine: options.machine });
  }

  #waitForEnd(orderId: string, op: string, options: IssueOptions): Promise<OrderResult> {
    const { timeoutMs, machine, agentId } = options;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(orderId);
        reject(new OrderUnanswered({ machine, op, timeoutMs }));
      }, timeoutMs);
      this.#waiting.set(orderId, {
        agentId,
        timer,
        onProgress: (progress) => options.onProgress?.(progress),
        finish: resolve,
      });
    });
  }
}

/** The failure of an order as the agent told it, else as it happened here. */
export function orderFailure(error: unknown): { readonly text: string; readonly reason: string } {
  const failure = toAppError(error);
  const { reason } = failure.details;
  return { text: failure.message, reason: failure instanceof OrderRefused ? String(reason) : failure.reason };
}
