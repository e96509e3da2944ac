import { EventEmitter } from "node:events";
import { AppError } from "@msec/core";
import { describe, expect, it } from "vitest";
import { type CallContext, currentContext, runOutsideContext, userHashOf } from "../index.js";
import { deadPlace, echo, ListPicker, ofReason, openClient, order, say, startServer } from "./client-fixture.js";

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

  it("still holds after the answer: calls past the deadline fail at once, unless they are made outside of it", async () => {
    const back = await startServer(echo);
    const client = openClient(new ListPicker([back]));
    const ask = (text: string) => client.call(say, "Test.back", { text });
    let background: Promise<unknown> | undefined;
    const front = await startServer(
      (request, ctx) => {
        background = (async () => {
          const inTime = await ask("in time");
          await new Promise((resolve) => ctx.signal.addEventListener("abort", resolve));
          return [inTime, ...(await Promise.allSettled([ask("late"), runOutsideContext(() => ask("free"))]))];
        })();
        return request;
      },
      { client },
    );
    await openClient(new ListPicker([front])).call(say, "Test.front", { text: "" }, { timeoutMs: 150 });
    expect(await background).toEqual([
      { text: "in time" },
      { status: "rejected", reason: ofReason("RPC_DEADLINE_PASSED") },
      { status: "fulfilled", value: { text: "free" } },
    ]);
  });

  it.each(["RPC_OVERLOADED", "RPC_QUEUED_TOO_LONG", "RPC_SHUTTING_DOWN", "RPC_METHOD_UNKNOWN"])(
    "passes %s of a callee on under a name of its own: this instance ran the request",
    async (reason) => {
      let ran = 0;
      const front = await startServer(() => {
        ran++;
        throw new AppError({ code: "RESOURCE_EXHAUSTED", reason, message: "no", details: {} });
      });
      const other = await startServer(() => {
        ran++;
        return { text: "" };
      });
      const client = openClient(new ListPicker([front, other]));
      await expect(client.call(order, "Test.front", { text: "" })).rejects.toMatchObject({
        reason: "RPC_CALLEE_FAILED",
      });
      expect(ran).toBe(1);
    },
  );

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

  it("does not let a callee that is not available look like a caller that is not", async () => {
    const gone = await startServer(() => {
      throw new AppError({ code: "UNAVAILABLE", reason: "TEST_DATABASE_GONE", message: "no", details: {} });
    });
    const client = openClient(new ListPicker([gone]));
    const front = await startServer((request, ctx) => ctx.call(say, "Test.gone", request), { client });
    const picker = new ListPicker([front]);
    const failed = openClient(picker).call(order, "Test.front", { text: "" });
    await expect(failed).rejects.toMatchObject({ reason: "RPC_CALLEE_FAILED" });
    expect(picker.reports.map(({ outcome }) => outcome)).toEqual(["success"]);
  });

  it("travels over three hops through timers, Promise.all and event emitters", async () => {
    interface Hop {
      id: string;
      caller: string;
      attempt: number;
      coloring: boolean;
      priority: number;
      userHash: number;
      parent: string;
      span: string;
    }
    const hopOf = (ctx: CallContext): Hop => ({
      id: ctx.requestId,
      caller: ctx.caller,
      attempt: ctx.attempt,
      coloring: ctx.coloring,
      priority: ctx.priority,
      userHash: ctx.userHash,
      parent: ctx.parentSpanId,
      span: ctx.spanId,
    });
    const last = await startServer((_request, ctx) => ({ text: JSON.stringify([hopOf(ctx)]) }));
    const dead = await deadPlace();
    const toLast = openClient(new ListPicker([dead, last]), { service: "Test.middle" });
    const middle = await startServer(
      (_request, ctx) =>
        new Promise((resolve, reject) => {
          const emitter = new EventEmitter();
          // the listener runs in the context of who emits
          emitter.once("ready", () => {
            toLast
              .call(order, "Test.last", { text: "" })
              .then(({ text }) => resolve({ text: JSON.stringify([hopOf(ctx), ...JSON.parse(text)]) }), reject);
          });
          setTimeout(() => emitter.emit("ready"), 5);
        }),
      { client: toLast },
    );
    const toMiddle = openClient(new ListPicker([middle]), { service: "Test.first" });
    const first = await startServer(
      async (_request, ctx) => {
        ctx.coloring = true;
        const ask = async (): Promise<Hop[]> => {
          await new Promise((resolve) => setImmediate(resolve));
          return JSON.parse((await toMiddle.call(say, "Test.middle", { text: "" })).text) as Hop[];
        };
        const both = await Promise.all([ask(), ask()]);
        return { text: JSON.stringify([hopOf(ctx), both]) };
      },
      { client: toMiddle },
    );
    const outer = openClient(new ListPicker([first]), { service: "Test.outer" });
    const options = { timeoutMs: 5_000, priority: 90, user: "alice" };
    const answers = await Promise.all(
      [0, 1].map(async () => JSON.parse((await outer.call(say, "Test.first", { text: "" }, options)).text)),
    );
    for (const [own, both] of answers as [Hop, [Hop, Hop][]][]) {
      for (const [second, third] of both) {
        expect([own.caller, second.caller, third.caller]).toEqual(["Test.outer", "Test.first", "Test.middle"]);
        expect([second.parent, third.parent]).toEqual([own.span, second.span]);
        for (const hop of [second, third]) {
          expect(hop).toMatchObject({ id: own.id, coloring: true, priority: 90, userHash: userHashOf("alice") });
        }
      }
    }
    const thirds = (answers as [Hop, [Hop, Hop][]][]).flatMap(([, both]) => both.map(([, third]) => third.attempt));
    expect(Math.max(...thirds)).toBe(1); // the dead instance took the first attempt of some
    const [one, other] = (answers as [Hop, unknown][]).map(([own]) => own.id);
    expect(one).not.toBe(other);
    expect(BigInt(one!) < 1n << 63n).toBe(true);
  });
});
