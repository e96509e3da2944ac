import { describe, expect, it, onTestFinished } from "vitest";
import { type CallContext, createRpcClient, type IncomingRequest, userHashOf } from "../index.js";
import { method, RawPeer, requestFrame, startServer, until } from "./server-fixture.js";

const picker = {
  pick: (): never => {
    throw new Error("only direct calls here");
  },
};

describe("context", () => {
  it("offers what the head says, what the author's getters add, and one event per request", async () => {
    const seen: IncomingRequest[] = [];
    const members = {
      get shout(): string {
        return `${(this as unknown as CallContext).caller}!`;
      },
    };
    const { port } = await startServer(
      (_request, ctx) => {
        const { service, caller, requestId, attempt, coloring, spanId, parentSpanId, protocol } = ctx;
        const remaining = ctx.remainingMs() > 900 && ctx.remainingMs() <= 1000;
        const { shout } = ctx as unknown as { shout: string };
        return {
          text: JSON.stringify({
            service,
            caller,
            requestId,
            attempt,
            coloring,
            spanId,
            parentSpanId,
            protocol,
            remaining,
            shout,
          }),
        };
      },
      { contextMembers: members, events: { onRequest: (request) => void seen.push(request), onCall: () => undefined } },
    );
    const peer = new RawPeer(port);
    const head = {
      flowIdHigh: 0xffff_ffff,
      flowIdLow: 0xffff_ffff,
      coloring: 1,
      attempt: 2,
      timeoutMs: 1000,
      spanIdLow: 255,
      parentSpanIdHigh: 1,
    };
    peer.socket.write(requestFrame(1, "x", head));
    await until(() => peer.answers().length === 1);
    expect(JSON.parse(peer.answers()[0]!.text!)).toEqual({
      service: "Test.echo",
      caller: "Test.peer",
      requestId: "18446744073709551615",
      attempt: 2,
      coloring: true,
      spanId: "00000000000000ff",
      parentSpanId: "0000000100000000",
      protocol: "srpc",
      remaining: true,
      shout: "Test.peer!",
    });
    expect(seen).toHaveLength(1);
    expect(seen[0]).toMatchObject({
      method: "test.Echo.Say",
      err: 0,
      reason: "",
      serverAddress: `127.0.0.1:${port}`,
      calls: [],
    });
    expect(Math.abs(seen[0]!.startedAtMs - Date.now())).toBeLessThan(2000);
  });

  it("keeps the failed ones of many nested calls, whenever they end", async () => {
    const { port: innerPort } = await startServer((request) => {
      if (request.text === "bad") throw new Error("no");
      return request;
    });
    const client = createRpcClient({ service: "Test.echo", picker });
    onTestFinished(() => client.close());
    const seen: IncomingRequest[] = [];
    const { port } = await startServer(
      async (request, ctx) => {
        const target = `127.0.0.1:${innerPort}@tcp`;
        for (let n = 0; n < 40; n++) await ctx.call(method, target, { text: "good" });
        for (let n = 0; n < 2; n++) await ctx.call(method, target, { text: "bad" }).catch(() => undefined);
        return request;
      },
      { client, events: { onRequest: (each) => void seen.push(each), onCall: () => undefined } },
    );
    const peer = new RawPeer(port);
    peer.socket.write(requestFrame(1, "many"));
    await until(() => seen.length === 1);
    expect(seen[0]?.calls.map(({ err }) => err !== 0)).toEqual([...Array(30).fill(false), true, true]);
  });

  it("tells priority and user of the request, and hands them on to nested calls", async () => {
    const inner: unknown[] = [];
    const { port: innerPort } = await startServer((request, ctx) => {
      inner.push([ctx.priority, ctx.userHash]);
      return request;
    });
    const client = createRpcClient({ service: "Test.echo", picker });
    onTestFinished(() => client.close());
    const { port } = await startServer(
      async (request, ctx) => {
        const target = `127.0.0.1:${innerPort}@tcp`;
        const before = [ctx.priority, ctx.userHash];
        await ctx.call(method, target, request);
        await ctx.call(method, target, request, { priority: 0, user: "rose" });
        ctx.priority = 127;
        ctx.userHash = 5;
        await ctx.call(method, target, request);
        return { text: JSON.stringify(before) };
      },
      { client },
    );
    const peer = new RawPeer(port);
    peer.socket.write(requestFrame(1, "told", { flowIdLow: 77, priority: 11, userHash: 4_000_000_000 }));
    await until(() => peer.answers().length === 1);
    expect(peer.answers()[0]!.text).toBe("[10,4000000000]");
    expect(inner.splice(0)).toEqual([
      [10, 4_000_000_000],
      [0, userHashOf("rose")],
      [127, 5],
    ]);
    peer.socket.write(requestFrame(2, "not told", { flowIdLow: 77 }));
    await until(() => peer.answers().length === 2);
    expect(peer.answers()[1]!.text).toBe("[64,77]");
    expect(inner).toEqual([
      [64, 77],
      [0, userHashOf("rose")],
      [127, 5],
    ]);
  });
});
