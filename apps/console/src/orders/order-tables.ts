import type { OrderStatus } from "./order-store.js";

export interface OrderTable {
  order_id: string;
  agent_id: string;
  op: string;
  args_text: string;
  author: string;
  status: OrderStatus;
  issued_at_ms: number;
  expires_at_ms: number;
  ended_at_ms: number | null;
  error: string | null;
}

export interface OrderTables {
  orders: OrderTable;
}

export const orderStatements: readonly string[] = [
  `CREATE TABLE orders (
    order_id TEXT PRIMARY KEY, agent_id TEXT NOT NULL, op TEXT NOT NULL, args_text TEXT NOT NULL, author TEXT NOT NULL,
    status TEXT NOT NULL, issued_at_ms INTEGER NOT NULL, expires_at_ms INTEGER NOT NULL, ended_at_ms INTEGER,
    error TEXT) STRICT`,
  `CREATE INDEX orders_by_agent ON orders(agent_id, issued_at_ms)`,
];
