/** Decides whether an order may be obeyed. Pure: keys, clocks and the past are given. */
import { createPublicKey, type KeyObject, verify } from "node:crypto";
import { parseServiceName } from "@msec/core";
import { Order, type SignedOrder } from "@msec/protocol";
import { Value } from "typebox/value";
import {
  ClockSkewed,
  OrderExpired,
  OrderForOtherAgent,
  OrderFromFuture,
  OrderMalformed,
  OrderSignatureInvalid,
} from "../errors.js";

/** How far the clocks of console and agent may be apart. */
export const CLOCK_TOLERANCE_MS = 5 * 60_000;
/** Longest time between issue and expiry: what is remembered of the past is bounded by it. */
const MAX_ORDER_LIFETIME_MS = 24 * 3_600_000;

export interface VerifyContext {
  readonly agentId: string;
  /** Any one of them may have signed. */
  readonly keys: readonly KeyObject[];
  readonly nowMs: number;
  /** The console's clock as last heard of; `undefined` before the first authentication. */
  readonly consoleNowMs: number | undefined;
}

/** Keys as pinned at the join: Ed25519, SPKI DER in base64. */
export function parseOrderKeys(texts: readonly string[]): KeyObject[] {
  return texts.map((text) => createPublicKey({ key: Buffer.from(text, "base64"), format: "der", type: "spki" }));
}

/**
 * The order inside, when everything about it is right. The signature comes first: nothing unsigned is even parsed.
 *
 * @throws {OrderSignatureInvalid} {OrderMalformed} {OrderForOtherAgent} {ClockSkewed} {OrderExpired} {OrderFromFuture}
 */
export function verifyOrder(signed: SignedOrder, context: VerifyContext): Order {
  const payload = Buffer.from(signed.payload, "utf8");
  const signature = Buffer.from(signed.signature, "base64");
  if (!context.keys.some((key) => isSignedBy(key, payload, signature))) throw new OrderSignatureInvalid({});
  const order = parseOrder(signed.payload);
  if (order.agentId !== context.agentId)
    throw new OrderForOtherAgent({ agentId: context.agentId, orderAgentId: order.agentId });
  checkTimes(order, context);
  return order;
}

function isSignedBy(key: KeyObject, payload: Buffer, signature: Buffer): boolean {
  return key.asymmetricKeyType === "ed25519" && verify(null, payload, key, signature);
}

function parseOrder(text: string): Order {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new OrderMalformed({ problem: "it is no JSON" }, { cause });
  }
  if (Value.Check(Order, value)) return checkService(value);
  const problems = [...Value.Errors(Order, value)].slice(0, 3).map((e) => `${e.instancePath || "/"} ${e.message}`);
  throw new OrderMalformed({ problem: problems.join("; ") });
}

/** The service becomes part of paths later. */
function checkService(order: Order): Order {
  try {
    parseServiceName(order.action.service);
  } catch (cause) {
    throw new OrderMalformed({ problem: (cause as Error).message }, { cause });
  }
  return order;
}

function checkTimes(order: Order, context: VerifyContext): void {
  const { orderId, issuedAtMs, expiresAtMs } = order;
  const consoleNowMs = context.consoleNowMs ?? context.nowMs;
  const skewMs = Math.round(Math.abs(consoleNowMs - context.nowMs));
  if (skewMs > CLOCK_TOLERANCE_MS) throw new ClockSkewed({ skewMs, limitMs: CLOCK_TOLERANCE_MS });
  if (expiresAtMs - issuedAtMs > MAX_ORDER_LIFETIME_MS || expiresAtMs <= issuedAtMs)
    throw new OrderMalformed({ problem: `it must expire within ${MAX_ORDER_LIFETIME_MS} ms after its issue` });
  if (consoleNowMs >= expiresAtMs) throw new OrderExpired({ orderId, lateMs: Math.round(consoleNowMs - expiresAtMs) });
  if (issuedAtMs > consoleNowMs + CLOCK_TOLERANCE_MS)
    throw new OrderFromFuture({ orderId, earlyMs: Math.round(issuedAtMs - consoleNowMs) });
}
