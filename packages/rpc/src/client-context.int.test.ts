import { describe, expect, it } from "vitest";
import { echo, ListPicker, openClient, order, say, startServer } from "./client-fixture.js";
import { type CallContext, currentContext } from "./index.js";

describe("context", () => {
  it("follows awaits, timers and helpers; nested calls inherit flow, colour, trace and the smaller deadline", async () => {
    interface Seen {
      id: string;
      parent: string;
      span: string;
      left: number;
      coloring: boolean;
    }
    const facts = (ctx: CallContext): Seen => ({
      id: ctx.requestId,
      parent: ctx.parentSpanId,
      span: ctx.spanId,
      left: ctx.remainingMs(),
      coloring: ctx.coloring,
    });
    const back = await startServer((_request, ctx) => ({ text: JSON.stringify(facts(ctx)) }));
    const client = openClient(new ListPicker([back]));
    const noted: number[] = [];
    const helper = async (): Promise<string> =>
      (await client.call(say, "Test.back", { text: "" }, { timeoutMs: 5000 })).text;
    const front = await startServer(
      async (_request, ctx) => {
        ctx.coloring = true;
        await new Promise((resolve) => setTimeout(resolve, 1));
        const byTimer = await new Promise<boolean>((resolve) => setImmediate(() => resolve(currentContext() === ctx)));
        const implicit = await helper();
        const explicit = (await ctx.call(say, "Test.back", { text: "" })).text;
        return { text: JSON.stringify([facts(ctx), JSON.parse(implicit), JSON.parse(explicit), byTimer]) };
      },
      { client, events: { onRequest: (request) => void noted.push(request.calls.length), onCall: () => undefined } },
    );
    const outer = openClient(new ListPicker([front]));
    const answer = await outer.call(say, "Test.front", { text: "" }, { timeoutMs: 1000 });
    const [own, implicit, explicit, byTimer] = JSON.parse(answer.text) as [Seen, Seen, Seen, boolean];
    expect(byTimer).toBe(true);
    expect(currentContext()).toBeUndefined();
    for (const nested of [implicit, explicit]) {
      expect(nested).toMatchObject({ id: own.id, parent: own.span, coloring: true });
      expect(nested.span).not.toBe(own.span);
      expect(nested.left).toBeLessThanOrEqual(1000);
    }
    expect(noted).toEqual([2]);
  });

  it("does not let an overloaded callee look like an overloaded caller", async () => {
    const full = await startServer(echo, { limits: { maxInFlight: 0 } });
    const client = openClient(new ListPicker([full]));
    const front = await startServer((request, ctx) => ctx.call(say, "Test.full", request), { client });
    const picker = new ListPicker([front]);
    await expect(openClient(picker).call(order, "Test.front", { text: "" })).rejects.toMatchObject({
      code: "UNAVAILABLE",
      reason: "RPC_CALLEE_FAILED",
    });
    expect(picker.reports.map(({ outcome }) => outcome)).toEqual(["success"]);
  });
});
