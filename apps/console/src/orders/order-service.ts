/**
 * Signed, single-use, expiring orders: the only way in which the console changes anything on a machine.
 * Ed25519 over the JSON text of the order; the agent verifies before a byte is written (spec remote-shell.md, stronger design).
 *
 * What the console believes of an order: `sent` → `accepted` → `succeeded` | `failed`. When nothing is heard in time it becomes
 * `expired`, and what the agent tells later still counts.
 */
import { type KeyObject, randomUUID, sign } from "node:crypto";
import { type Clock, isAppError, type Logger, toAppError } from "@msec/core";
import type { Order, OrderAction, OrderProgress, OrderResult } from "@msec/protocol";
import type { AgentHub } from "../link/agent-hub.js";
import { OrderAbandoned, OrderRefused, OrderUnanswered, OrderUnknown } from "./errors.js";
import type { OrderRow, OrderStore } from "./order-store.js";
import { WaitingOrder } from "./waiting-order.js";

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

export interface OrderServiceOptions {
  readonly store: OrderStore;
  readonly hub: Pick<AgentHub, "request">;
  readonly key: KeyObject;
  readonly clock: Clock;
  readonly logger: Logger;
}

export class OrderService {
  readonly #options: OrderServiceOptions;
  readonly #waiting = new Map<string, WaitingOrder>();
  #isClosed = false;

  constructor(options: OrderServiceOptions) {
    this.#options = options;
  }

  /**
   * Signs an order, sends it and waits for its end.
   *
   * @returns the agent's result
   * @throws AgentAway nothing was sent; {OrderRefused} it failed there; {OrderUnanswered} {OrderAbandoned} nobody knows how it
   *   ended; or what the agent answered when it did not accept the order
   */
  async issue(action: OrderAction, options: IssueOptions): Promise<OrderResult> {
    const { op } = action;
    const { machine } = options;
    if (this.#isClosed) throw new OrderAbandoned({ machine, op });
    const row = this.#newRow(action, options);
    await this.#options.store.add(row);
    const waiting = new WaitingOrder(
      { ...options, op },
      (afterMs) => new OrderUnanswered({ machine, op, timeoutMs: afterMs }),
    );
    this.#waiting.set(row.orderId, waiting);
    try {
      await this.#send(action, row, waiting);
      const result = await waiting.end;
      if (result.ok) return result;
      throw new OrderRefused({ machine, op, text: result.text, reason: result.reason });
    } catch (error) {
      const { message } = toAppError(error);
      const status = isUnsure(error) ? "expired" : "failed";
      await this.#options.store.setStatus(row, status, { atMs: this.#options.clock.nowMs(), error: message });
      throw error;
    } finally {
      waiting.stop();
      this.#waiting.delete(row.orderId);
    }
  }

  /** An agent tells a step. Those of orders that nobody waits for any more are not kept. */
  async onProgress(agentId: string, progress: OrderProgress): Promise<void> {
    this.#waitingOf(agentId, progress.orderId)?.tellProgress(progress);
  }

  /** An agent tells the end of an order; it repeats that until this returns. @throws {OrderUnknown} */
  async onResult(agentId: string, result: OrderResult): Promise<void> {
    const { orderId, ok, text } = result;
    const end = { atMs: this.#options.clock.nowMs(), error: ok ? null : text };
    if (!(await this.#options.store.setStatus({ orderId, agentId }, ok ? "succeeded" : "failed", end))) {
      this.#options.logger.warn("result of an unknown order", { orderId, agentId });
      throw new OrderUnknown({ orderId });
    }
    this.#waitingOf(agentId, orderId)?.finish(result);
  }

  /** After a start: orders whose end was never told and that can't be begun any more are marked. */
  async expireOld(): Promise<void> {
    const nowMs = this.#options.clock.nowMs();
    for (const row of await this.#options.store.open()) {
      if (row.expiresAtMs < nowMs)
        await this.#options.store.setStatus(row, "expired", { atMs: nowMs, error: "its end was never told" });
    }
  }

  ofAgent(agentId: string, limit: number): Promise<readonly OrderRow[]> {
    return this.#options.store.ofAgent(agentId, limit);
  }

  /** Gives no more orders; whoever waits gets {OrderAbandoned}. */
  close(): void {
    this.#isClosed = true;
    for (const waiting of this.#waiting.values())
      waiting.fail(new OrderAbandoned({ machine: waiting.machine, op: waiting.op }));
  }

  #waitingOf(agentId: string, orderId: string): WaitingOrder | undefined {
    const waiting = this.#waiting.get(orderId);
    return waiting?.agentId === agentId ? waiting : undefined;
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

  /** @throws when the agent surely did not take it */
  async #send(action: OrderAction, row: OrderRow, waiting: WaitingOrder): Promise<void> {
    const { orderId, agentId, issuedAtMs, expiresAtMs } = row;
    const order: Order = { orderId, agentId, issuedAtMs, expiresAtMs, action };
    const payload = JSON.stringify(order);
    const signature = sign(null, Buffer.from(payload), this.#options.key).toString("base64");
    try {
      await this.#options.hub.request(agentId, "order", { payload, signature }, { machine: waiting.machine });
    } catch (error) {
      if (!isLost(error)) throw error;
      // It may have arrived, and its end may be told over the next connection; but not be begun after it expired.
      this.#options.logger.warn("order may not have arrived", { orderId, agentId, why: toAppError(error).message });
      waiting.expectSignWithin(ORDER_VALIDITY_MS);
      return;
    }
    await this.#options.store.setStatus(row, "accepted");
  }
}

/** The failure of an order as the agent told it, else as it happened here. */
export function orderFailure(error: unknown): { readonly text: string; readonly reason: string } {
  const failure = toAppError(error);
  const { reason } = failure.details;
  return { text: failure.message, reason: failure instanceof OrderRefused ? String(reason) : failure.reason };
}

/** Whether it is unknown what the order did on the machine. */
export function isUnsure(error: unknown): boolean {
  return error instanceof OrderUnanswered || error instanceof OrderAbandoned;
}

/** The answer to a request did not come: it may have been read all the same. */
function isLost(error: unknown): boolean {
  return isAppError(error) && (error.reason === "NET_LINK_CLOSED" || error.reason === "NET_LINK_TIMEOUT");
}
