import { createServer } from "node:net";
import type { Clock } from "@msec/core";
import { describe, expect, it, onTestFinished } from "vitest";
import { RawPeer, requestFrame, startServer, until } from "./server-fixture.js";

describe("limits and deadlines", () => {
  it("refuses at once what exceeds maxInFlight", async () => {
    let release: (() => void) | undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    const { port, server } = await startServer(
      async (request) => {
        await gate;
        return request;
      },
      { limits: { maxInFlight: 2 } },
    );
    const peer = new RawPeer(port);
    peer.socket.write(Buffer.concat([1, 2, 3].map((sequence) => requestFrame(sequence, "x"))));
    await until(() => peer.answers().length === 1);
    expect(peer.answers()[0]!.head).toMatchObject({ sequenceLow: 3, err: -106, reason: "RPC_OVERLOADED" });
    expect(server.inFlight).toBe(2);
    release?.();
    await until(() => peer.answers().length === 3);
  });

  it("does not start work whose deadline has passed while it waited behind other work", async () => {
    let nowMs = 1000;
    const clock: Clock = { nowMs: () => nowMs, monotonicMs: () => nowMs, sleep: () => Promise.resolve() };
    const started: string[] = [];
    const { port } = await startServer(
      (request) => {
        started.push(request.text);
        nowMs += 50;
        return request;
      },
      { clock },
    );
    const peer = new RawPeer(port);
    peer.socket.write(
      Buffer.concat([requestFrame(1, "first", { timeoutMs: 20 }), requestFrame(2, "late", { timeoutMs: 20 })]),
    );
    await until(() => peer.answers().length === 2);
    expect(started).toEqual(["first"]);
    expect(peer.answers()[1]!.head).toMatchObject({ err: -10, reason: "RPC_DEADLINE_PASSED" });
  });

  it("aborts the signal at the deadline, and when the caller is gone", async () => {
    const reasons: string[] = [];
    const started: string[] = [];
    const { port } = await startServer(async (request, ctx) => {
      started.push(request.text);
      await new Promise((resolve) => ctx.signal.addEventListener("abort", resolve));
      reasons.push((ctx.signal.reason as { reason: string }).reason);
      return request;
    });
    const peer = new RawPeer(port);
    peer.socket.write(requestFrame(1, "a", { timeoutMs: 20 }));
    await until(() => reasons.length === 1);
    const other = new RawPeer(port);
    other.socket.write(requestFrame(1, "b", { timeoutMs: 60_000 }));
    await until(() => started.length === 2);
    other.socket.destroy();
    await until(() => reasons.length === 2);
    expect(reasons).toEqual(["RPC_DEADLINE_PASSED", "RPC_PEER_LOST"]);
  });

  it("answers a peer that has closed its sending side", async () => {
    const { port } = await startServer(async (request) => {
      await new Promise((resolve) => setImmediate(resolve));
      return request;
    });
    const peer = new RawPeer(port);
    peer.socket.end(requestFrame(1, "last words"));
    await until(() => peer.isClosed);
    expect(peer.answers()[0]!.text).toBe("last words");
  });

  it("serves on a server that somebody else opened, and on connections that somebody else accepted", async () => {
    const { server } = await startServer((request) => request);
    const inherited = createServer();
    const accepting = createServer((socket) => server.accept(socket));
    for (const opened of [inherited, accepting]) {
      await new Promise<void>((resolve) => opened.listen({ port: 0, host: "127.0.0.1" }, resolve));
      onTestFinished(() => void opened.close());
    }
    const { port } = await server.listen({ server: inherited });
    expect(server.addresses).toContainEqual({ host: "127.0.0.1", port });
    const peers = [new RawPeer(port), new RawPeer((accepting.address() as { port: number }).port)];
    for (const peer of peers) peer.socket.write(requestFrame(1, "x"));
    for (const peer of peers) await until(() => peer.answers()[0]?.text === "x");
  });

  it("names an address that is taken", async () => {
    const { port, server } = await startServer((request) => request);
    await expect(server.listen({ host: "127.0.0.1", port })).rejects.toMatchObject({
      reason: "NET_ADDRESS_IN_USE",
      message: expect.stringContaining(`127.0.0.1:${port}`),
    });
  });
});
