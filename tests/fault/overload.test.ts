/**
 * Overload of a real worker process, and its end. The callers are the bad sort that keeps overloads going after their cause is gone:
 * they repeat what fails, at once, up to three times (Bronson et al., "Metastable Failures in Distributed Systems", HotOS 2021).
 */
import { fileURLToPath } from "node:url";
import { createRpcClient, type RpcClient } from "@msec/rpc";
import { startProgram, TestScope } from "@msec/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BurnService } from "./burn-service.mjs";

/** On a quiet machine the worker manages 250 requests a second. */
const COST_US = 4_000;
const TICK_MS = 10;

interface Done {
  readonly sentMs: number;
  readonly isTop: boolean;
  readonly isAnswered: boolean;
}

const scope = new TestScope();
let client: RpcClient;
let target: string;
let capacityPerSec: number;

beforeAll(async () => {
  const script = fileURLToPath(new URL("./burn-service.mjs", import.meta.url));
  const server = await startProgram(scope, [process.execPath, script]);
  target = `127.0.0.1:${server.ready.port}@tcp`;
  const picker = {
    pick: () => {
      throw new Error("only direct calls here");
    },
  };
  client = createRpcClient({ service: "Test.caller", picker });
  scope.add(() => client.close());
  capacityPerSec = await measureCapacity(2_000);
});
afterAll(() => scope.close());

async function callOnce(priority: number, repeats: number): Promise<boolean> {
  try {
    const options = { timeoutMs: 500, priority };
    await client.call(BurnService.methods.Burn, target, { costUs: COST_US }, options);
    return true;
  } catch {
    return repeats > 0 ? await callOnce(priority, repeats - 1) : false;
  }
}

/** Requests per second when a few callers ask one after the other: other work on this machine takes its share of the processor. */
async function measureCapacity(durationMs: number): Promise<number> {
  const endMs = performance.now() + durationMs;
  let calls = 0;
  const ask = async (): Promise<void> => {
    while (performance.now() < endMs) if (await callOnce(64, 0)) calls++;
  };
  await Promise.all(Array.from({ length: 4 }, ask));
  return (calls * 1000) / durationMs;
}

/** Sends at a fixed rate, whether answers come or not. Every 20th call is important. */
async function load(ratePerSec: number, durationMs: number): Promise<readonly Done[]> {
  const startedMs = performance.now();
  const calls: Promise<Done>[] = [];
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      const sentMs = performance.now() - startedMs;
      const due = (Math.min(sentMs, durationMs) / 1000) * ratePerSec;
      while (calls.length < due) {
        const isTop = calls.length % 20 === 0;
        calls.push(callOnce(isTop ? 120 : 64, 3).then((isAnswered) => ({ sentMs, isTop, isAnswered })));
      }
      if (sentMs < durationMs) return;
      clearInterval(timer);
      resolve();
    }, TICK_MS);
  });
  return await Promise.all(calls);
}

const shareAnswered = (calls: readonly Done[]): number => calls.filter((call) => call.isAnswered).length / calls.length;

describe("ten times the load that a worker manages", () => {
  let during: readonly Done[] = [];
  let after: readonly Done[] = [];
  beforeAll(async () => {
    during = (await load(capacityPerSec * 10, 6_000)).filter((call) => call.sentMs > 2_000);
    after = await load(capacityPerSec / 2, 8_000);
  });

  it("does not stop it from working", () => {
    const perSec = during.filter((call) => call.isAnswered).length / 4;
    expect(perSec).toBeGreaterThan(capacityPerSec * 0.4);
  });

  it("leaves the important requests alone", () => {
    const top = during.filter((call) => call.isTop);
    const others = during.filter((call) => !call.isTop);
    // Nearly all on a quiet machine; neighbours that take the processor in the middle of it take their part.
    expect(shareAnswered(top)).toBeGreaterThan(0.6);
    expect(shareAnswered(others)).toBeLessThan(0.2);
  });

  it("is forgotten within 5 s", () => {
    expect(shareAnswered(after.filter((call) => call.sentMs >= 5_000))).toBe(1);
  });
});
