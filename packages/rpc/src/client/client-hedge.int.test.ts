import { describe, expect, it } from "vitest";
import type { RetryTokens } from "../index.js";
import { echo, ListPicker, openClient, order, type Say, say, startServer } from "./client-fixture.js";

/** Never answers; keeps whether the caller told that it gave up. */
function stuckServer() {
  const cancelled: string[] = [];
  const stuck: Say = (request, ctx) => {
    if (request.text === "warm") return request;
    return new Promise((_resolve, reject) => {
      ctx.signal.addEventListener("abort", () => {
        cancelled.push(request.text);
        reject(ctx.signal.reason as Error);
      });
    });
  };
  return { cancelled, stuck };
}

class CountedTokens implements RetryTokens {
  tokens: number;
  calls = 0;

  constructor(tokens: number) {
    this.tokens = tokens;
  }

  onCall(): void {
    this.calls++;
  }

  take(): boolean {
    if (this.tokens < 1) return false;
    this.tokens--;
    return true;
  }

  giveBack(): void {
    this.tokens++;
  }
}

class BudgetedPicker extends ListPicker {
  readonly shared = new CountedTokens(1);

  budget(): RetryTokens {
    return this.shared;
  }
}

describe("hedged calls", () => {
  it("win at another instance when one is slow; the loser is told and blamed for nothing", async () => {
    const { cancelled, stuck } = stuckServer();
    const [slow, fine] = [await startServer(stuck), await startServer(echo)];
    const picker = new ListPicker([slow]);
    const client = openClient(picker);
    await client.call(say, "Test.echo", { text: "warm" });
    picker.places = [slow, fine];
    picker.reports.length = 0;
    const first = await client.call(say, "Test.echo", { text: "a" }, { hedge: { afterMs: 10 }, timeoutMs: 20_000 });
    expect(first).toEqual({ text: "a" });
    const second = await client.call(say, "Test.echo", { text: "b" }, { hedge: { afterMs: 10 }, timeoutMs: 20_000 });
    expect(second).toEqual({ text: "b" });
    expect(new Set(picker.outcomes(slow.port))).toEqual(new Set(["cancelled"]));
    expect(new Set(picker.outcomes(fine.port))).toEqual(new Set(["success"]));
    await expect.poll(() => slow.server.inFlight).toBe(0);
    expect(cancelled.length).toBe(picker.outcomes(slow.port).length);
    expect(client.inFlight).toBe(0);
  });

  it("cost a token of the machine's budget each, and without one there is no hedge", async () => {
    const { stuck } = stuckServer();
    const [slow, fine] = [await startServer(stuck), await startServer(echo)];
    const picker = new BudgetedPicker([slow, fine]);
    const client = openClient(picker, { targets: { "Test.echo": { hedge: { afterMs: 5 }, timeoutMs: 20_000 } } });
    expect(await client.call(say, "Test.echo", { text: "a" })).toEqual({ text: "a" });
    expect(picker.shared.tokens).toBe(0);
    picker.places = [slow];
    const call = client.call(say, "Test.echo", { text: "b" }, { timeoutMs: 100 });
    picker.places = [fine, slow];
    // Either side may be the first to notice: here it is the caller, unless the machine is busy.
    await expect(call).rejects.toMatchObject({ code: "DEADLINE_EXCEEDED" });
    expect(picker.shared.calls).toBe(2);
    expect(picker.outcomes(fine.port)).toEqual(["success"]);
  });

  it("are never made for methods that may not be repeated, nor for direct addresses", async () => {
    let count = 0;
    const hold: Say = (request) => {
      count++;
      return new Promise((resolve) => setTimeout(() => resolve(request), 40));
    };
    const [one, other] = [await startServer(hold), await startServer(hold)];
    const client = openClient(new ListPicker([one, other]));
    await client.call(order, "Test.echo", { text: "" }, { hedge: { afterMs: 5 } });
    await client.call(say, `127.0.0.1:${one.port}`, { text: "" }, { hedge: { afterMs: 5 } });
    expect(count).toBe(2);
  });

  it("wait for the other attempt when one fails, and for the calls of the past with p95", async () => {
    let count = 0;
    const failing = await startServer(async () => {
      count++;
      await new Promise((resolve) => setTimeout(resolve, 30));
      throw new Error("broken");
    });
    const slow = await startServer(async (request) => {
      await new Promise((resolve) => setTimeout(resolve, 1500));
      return request;
    });
    const picker = new ListPicker([failing, slow]);
    const client = openClient(picker);
    const options = { hedge: { afterMs: 5 }, timeoutMs: 9000 };
    for (let n = 0; n < 2; n++) {
      // INTERNAL is an answer about the request: it decides the call whichever instance gave it
      await expect(client.call(say, "Test.echo", { text: "" }, options)).rejects.toMatchObject({ code: "INTERNAL" });
    }
    expect(count).toBe(2);
    const fine = await startServer(echo);
    picker.places = [fine];
    const p95 = { hedge: { afterMs: "p95" as const }, timeoutMs: 9000 };
    for (let n = 0; n < 30; n++) await client.call(say, "Test.echo", { text: "" }, p95);
    picker.places = [slow, fine];
    picker.reports.length = 0;
    for (let n = 0; n < 2; n++) await client.call(say, "Test.echo", { text: "" }, p95);
    expect(picker.outcomes(slow.port)).toContain("cancelled");
    expect(picker.outcomes(fine.port)).toContain("success");
  });
});
