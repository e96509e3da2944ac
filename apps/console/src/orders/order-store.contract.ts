import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { OrderRow, OrderStatus, OrderStore } from "./order-store.js";

export interface OpenOrderStore {
  readonly store: OrderStore;
  close(): Promise<void>;
}

const order = (orderId: string, change: Partial<OrderRow> = {}): OrderRow => ({
  orderId,
  agentId: "a",
  op: "service.stop",
  argsText: "{}",
  author: "admin",
  status: "sent",
  issuedAtMs: 1,
  expiresAtMs: 9,
  endedAtMs: null,
  error: null,
  ...change,
});

/** What every order store promises. */
export function orderStoreContract(name: string, open: () => Promise<OpenOrderStore>): void {
  describe(`${name} keeps orders`, () => {
    let opened: OpenOrderStore;
    let store: OrderStore;
    beforeEach(async () => {
      opened = await open();
      store = opened.store;
    });
    afterEach(() => opened.close());
    const one = async () => (await store.ofAgent("a", 1))[0];

    it("of each agent, newest first", async () => {
      const rows = [order("1"), order("2"), order("3", { issuedAtMs: 5 }), order("4", { agentId: "b" })];
      for (const row of rows) await store.add(row);
      expect((await store.ofAgent("a", 10)).map(({ orderId }) => orderId)).toEqual(["3", "2", "1"]);
      expect(await store.ofAgent("a", 1)).toEqual([rows[2]]);
      expect(await store.ofAgent("b", 10)).toEqual([rows[3]]);
      await expect(store.add(order("1"))).rejects.toThrow();
    });

    it("whose status only their own agent changes", async () => {
      await store.add(order("1"));
      const end = { atMs: 7, error: "no" };
      expect(await store.setStatus({ orderId: "1", agentId: "b" }, "failed", end)).toBe(false);
      expect(await store.setStatus({ orderId: "2", agentId: "a" }, "failed", end)).toBe(false);
      expect(await one()).toEqual(order("1"));
      expect(await store.setStatus(order("1"), "accepted")).toBe(true);
      expect(await store.setStatus(order("1"), "failed", end)).toBe(true);
      expect(await one()).toEqual(order("1", { status: "failed", endedAtMs: 7, error: "no" }));
    });

    it.each<OrderStatus>(["succeeded", "failed"])("that %s for good", async (status) => {
      await store.add(order("1"));
      await store.setStatus(order("1"), status, { atMs: 7, error: null });
      for (const later of ["accepted", "failed", "succeeded", "expired"] as const)
        expect(await store.setStatus(order("1"), later, { atMs: 8, error: "late" })).toBe(true);
      expect(await one()).toMatchObject({ status, endedAtMs: 7, error: null });
    });

    it("that count as expired until their agent tells better", async () => {
      await store.add(order("1"));
      await store.setStatus(order("1"), "expired", { atMs: 7, error: "never told" });
      await store.setStatus(order("1"), "succeeded", { atMs: 8, error: null });
      expect(await one()).toMatchObject({ status: "succeeded", endedAtMs: 8, error: null });
    });

    it("and tells those that are open", async () => {
      const statuses: OrderStatus[] = ["sent", "accepted", "succeeded", "failed", "expired"];
      for (const status of statuses) await store.add(order(status, { status }));
      expect((await store.open()).map(({ status }) => status).toSorted()).toEqual(["accepted", "sent"]);
    });
  });
}
