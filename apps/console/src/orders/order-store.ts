import type { Order as OrderView } from "@msec/api-schema";

export type OrderStatus = OrderView["status"];

/** One order as kept by the console. */
export interface OrderRow {
  readonly orderId: string;
  readonly agentId: string;
  readonly op: string;
  readonly argsText: string;
  readonly author: string;
  readonly status: OrderStatus;
  readonly issuedAtMs: number;
  readonly expiresAtMs: number;
  readonly endedAtMs: number | null;
  readonly error: string | null;
}

/** An order and the agent it was made for: nobody else may tell how it went. */
export type OrderKey = Pick<OrderRow, "orderId" | "agentId">;

export interface OrderEnd {
  readonly atMs: number;
  readonly error: string | null;
}

/** Promise: order-store.contract.ts. */
export interface OrderStore {
  add(row: OrderRow): Promise<void>;
  /**
   * Changes the status. `succeeded` and `failed` are final: they stay whatever comes later. `expired` is a guess of the
   * console, which the agent's word replaces.
   *
   * @returns false when this agent has no such order
   */
  setStatus(key: OrderKey, status: OrderStatus, end?: OrderEnd): Promise<boolean>;
  /** Orders of one agent, newest first. */
  ofAgent(agentId: string, limit: number): Promise<readonly OrderRow[]>;
  /** Orders that are neither done nor expired. */
  open(): Promise<readonly OrderRow[]>;
}
