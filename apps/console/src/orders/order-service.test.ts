import { createPublicKey, generateKeyPairSync, verify } from "node:crypto";
import { silentLogger, systemClock } from "@msec/core";
import { LinkBusy, LinkClosed, LinkTimeout } from "@msec/link";
import type { Order, OrderAction } from "@msec/protocol";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Database, openDatabase } from "../database/database.js";
import { AgentAway } from "../link/errors.js";
import { OrderService } from "./order-service.js";

const key = generateKeyPairSync("ed25519").privateKey;
const action: OrderAction = { op: "service.stop", service: "A.b" };

let database: Database;
let orders: OrderService;
let sent: Order[];
/** What the agent does when an order arrives. */
let onOrder: (order: Order) => void | Promise<void>;

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] });
  database = await openDatabase(":memory:");
  sent = [];
  onOrder = () => undefined;
  const hub = {
    request: async (agentId: string, _: string, params: unknown) => {
      const { payload, signature } = params as { payload: string; signature: string };
      expect(verify(null, Buffer.from(payload), createPublicKey(key), Buffer.from(signature, "base64"))).toBe(true);
      const order = JSON.parse(payload) as Order;
      expect(order.agentId).toBe(agentId);
      sent.push(order);
      await onOrder(order);
      return {};
    },
  };
  orders = new OrderService({
    store: database.stores.orders,
    hub: hub as never,
    key,
    clock: systemClock,
    logger: silentLogger,
  });
});
afterEach(async () => {
  expect(vi.getTimerCount(), "no timer is left").toBe(0);
  vi.useRealTimers();
  await database.close();
});

const issue = (more = {}) =>
  orders.issue(action, { agentId: "a", machine: "m", author: "admin", timeoutMs: 120_000, ...more });
const result = (orderId: string, change = {}) => ({
  orderId,
  atMs: 1,
  ok: true,
  text: "",
  reason: "",
  previousReleaseId: "",
  ...change,
});
const row = async () => (await database.stores.orders.ofAgent("a", 1))[0];
const isSent = () => vi.waitUntil(() => sent.length > 0);
const hasStatus = (status: string) => vi.waitUntil(async () => (await row())?.status === status);

describe("an order", () => {
  it("is signed, kept and ends with what the agent tells", async () => {
    const steps: string[] = [];
    const waiting = issue({ onProgress: ({ step }: { step: string }) => steps.push(step) });
    await hasStatus("accepted");
    const orderId = sent[0]?.orderId ?? "";
    expect(sent[0]).toMatchObject({ agentId: "a", action });
    expect((sent[0]?.expiresAtMs ?? 0) - (sent[0]?.issuedAtMs ?? 0)).toBe(60_000);
    const progress = { orderId, atMs: 1, step: "stop", text: "" };
    await orders.onProgress("a", progress);
    await orders.onProgress("b", { ...progress, step: "of another agent" });
    await orders.onProgress("a", { ...progress, orderId: "unknown" });
    await orders.onResult("a", result(orderId, { text: "done" }));
    expect(await waiting).toMatchObject({ ok: true, text: "done" });
    expect(steps).toEqual(["stop"]);
    expect(await row()).toMatchObject({ orderId, status: "succeeded", op: "service.stop", author: "admin" });
  });

  it("may end before the agent's answer to it comes", async () => {
    onOrder = ({ orderId }) => orders.onResult("a", result(orderId, { ok: false, text: "no", reason: "X" }));
    await expect(issue()).rejects.toMatchObject({ reason: "EXEC_ORDER_FAILED", details: { reason: "X" } });
    expect(await row()).toMatchObject({ status: "failed", error: "no" });
  });

  it("is not ended by another agent, nor is an unknown one", async () => {
    const waiting = issue();
    await hasStatus("accepted");
    const orderId = sent[0]?.orderId ?? "";
    await expect(orders.onResult("b", result(orderId))).rejects.toMatchObject({ reason: "EXEC_ORDER_UNKNOWN" });
    await expect(orders.onResult("a", result("x"))).rejects.toMatchObject({ code: "NOT_FOUND" });
    expect(await row()).toMatchObject({ status: "accepted", endedAtMs: null });
    await orders.onResult("a", result(orderId));
    await waiting;
  });

  it("without an end in time is unknown; what the agent tells later counts", async () => {
    const waiting = issue();
    const failed = expect(waiting).rejects.toMatchObject({
      reason: "EXEC_ORDER_UNANSWERED",
      message: expect.stringContaining("within 120000 ms"),
    });
    await hasStatus("accepted");
    vi.advanceTimersByTime(120_000);
    await failed;
    expect(await row()).toMatchObject({ status: "expired" });
    await orders.onResult("a", result(sent[0]?.orderId ?? ""));
    expect(await row()).toMatchObject({ status: "succeeded", error: null });
  });

  it.each([
    ["the agent is away", new AgentAway({ machine: "m" })],
    ["too much is under way", new LinkBusy({ limit: 256 })],
  ])("fails at once when %s", async (_, error) => {
    onOrder = () => Promise.reject(error);
    await expect(issue()).rejects.toBe(error);
    expect(await row()).toMatchObject({ status: "failed", error: error.message });
  });

  it.each([
    ["the link broke", new LinkClosed({ why: "the other side hung up" })],
    ["no answer came", new LinkTimeout({ method: "order", timeoutMs: 10_000 })],
  ])("may have arrived when %s: its end is awaited while it could be begun", async (_, error) => {
    onOrder = () => Promise.reject(error);
    const heard = issue();
    await isSent();
    vi.advanceTimersByTime(50_000);
    const orderId = sent[0]?.orderId ?? "";
    await vi.waitUntil(() => vi.getTimerCount() === 2);
    await orders.onProgress("a", { orderId, atMs: 1, step: "stop", text: "" });
    vi.advanceTimersByTime(60_000);
    await orders.onResult("a", result(orderId));
    await heard;

    const lost = issue();
    const failed = expect(lost).rejects.toMatchObject({ message: expect.stringContaining("within 60000 ms") });
    await vi.waitUntil(() => vi.getTimerCount() === 2);
    vi.advanceTimersByTime(60_000);
    await failed;
    expect((await database.stores.orders.ofAgent("a", 5)).map(({ status }) => status).toSorted()).toEqual([
      "expired",
      "succeeded",
    ]);
  });

  it("is abandoned when the console stops, and no new one is given", async () => {
    const waiting = issue();
    await hasStatus("accepted");
    orders.close();
    await expect(waiting).rejects.toMatchObject({ reason: "EXEC_ORDER_ABANDONED", details: { op: "service.stop" } });
    expect(await row()).toMatchObject({ status: "expired" });
    await expect(issue()).rejects.toMatchObject({ reason: "EXEC_ORDER_ABANDONED" });
    expect(sent).toHaveLength(1);
  });

  it("that nobody heard of is marked at the next start, once it can't be begun any more", async () => {
    const old = { agentId: "a", op: "x", argsText: "{}", author: "u", issuedAtMs: 1, endedAtMs: null, error: null };
    const store = database.stores.orders;
    await store.add({ ...old, orderId: "1", status: "accepted", expiresAtMs: Date.now() - 1 });
    await store.add({ ...old, orderId: "2", status: "sent", expiresAtMs: Date.now() + 1000 });
    await orders.expireOld();
    expect((await orders.ofAgent("a", 5)).map(({ status }) => status)).toEqual(["sent", "expired"]);
  });
});
