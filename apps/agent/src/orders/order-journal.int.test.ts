import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLogger, systemClock } from "@msec/core";
import type { Order } from "@msec/protocol";
import { afterEach, beforeEach, expect, it } from "vitest";
import { OrderJournal } from "./order-journal.js";

let directory: string;
let nowMs: number;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "msec-journal-"));
  nowMs = 1_000_000;
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const path = () => `${directory}/orders.jsonl`;
const open = (change = {}) =>
  new OrderJournal({
    path: path(),
    clock: { ...systemClock, nowMs: () => nowMs },
    logger: silentLogger,
    rotateBytes: 4_000,
    ...change,
  });
const order = (orderId: string): Order => ({
  orderId,
  agentId: "agent-1",
  issuedAtMs: nowMs,
  expiresAtMs: nowMs + 60_000,
  action: { op: "service.stop", service: "Test.one" },
});
const complete = (journal: OrderJournal, orderId: string) => {
  const accepted = order(orderId);
  journal.accept(accepted);
  journal.finish({ orderId, atMs: nowMs, ok: true, text: "", reason: "", previousReleaseId: "" });
  journal.confirm(orderId);
  return accepted;
};

it("stays bounded, and refuses a replay of what it forgot", () => {
  const journal = open();
  const first = complete(journal, "first");
  const unconfirmed = order("unconfirmed");
  journal.accept(unconfirmed);
  for (let index = 0; index < 60; index += 1) {
    nowMs += 60_000;
    complete(journal, `order-${index}`);
  }
  expect(existsSync(path().replace(".jsonl", ".1.jsonl"))).toBe(true);
  expect(readFileSync(path(), "utf8").length).toBeLessThan(20_000);
  expect(journal.get("first")).toBeUndefined();
  expect(journal.get("unconfirmed")).toBeDefined();
  const replayed = { reason: "EXEC_ORDER_REPLAYED" };
  expect(() => journal.accept(first)).toThrow(expect.objectContaining(replayed));
  journal.close();
  const again = open();
  expect(again.broken).toBeUndefined();
  expect(() => again.accept(first)).toThrow(expect.objectContaining(replayed));
  expect(() => again.accept(unconfirmed)).toThrow(expect.objectContaining(replayed));
  again.close();
});

it("refuses more orders than it may remember while they have not expired", () => {
  const journal = open({ maxOrders: 3, rotateBytes: 1 << 20 });
  for (const id of ["a", "b", "c"]) complete(journal, id);
  expect(() => journal.accept(order("d"))).toThrow(expect.objectContaining({ reason: "EXEC_JOURNAL_FULL" }));
  nowMs += 3_600_000;
  complete(journal, "e");
  expect([...journal.orders].map((known) => known.order.orderId)).toEqual(["e"]);
  journal.close();
});
