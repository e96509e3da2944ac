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

export interface OrderStore {
  add(row: OrderRow): Promise<void>;
  setStatus(orderId: string, status: OrderStatus, end?: { atMs: number; error: string | null }): Promise<void>;
  /** Orders of one agent, newest first. */
  ofAgent(agentId: string, limit: number): Promise<readonly OrderRow[]>;
  /** Orders that are neither done nor expired. */
  open(): Promise<readonly OrderRow[]>;
}
