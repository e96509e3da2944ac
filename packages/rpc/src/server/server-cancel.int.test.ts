import { createHead, encodeFrame } from "@msec/protocol";
import { describe, expect, it, onTestFinished } from "vitest";
import { createRpcClient, type IncomingRequest, type RpcClient } from "../index.js";
import { method, RawPeer, requestFrame, type Say, startServer, until } from "./server-fixture.js";

function cancelFrame(sequenceLow: number): Uint8Array {
  return encodeFrame({ ...createHead(), sequenceLow, cancel: 1 });
}

/** Waits for the end of its request. */
class Waiting {
  readonly started: string[] = [];
  readonly ended: string[] = [];

  readonly say: Say = async (request, ctx) => {
    this.started.push(request.text);
    if (request.text === "quick") return request;
    await new Promise((resolve) => ctx.signal.addEventListener("abort", resolve));
    this.ended.push(`${request.text} ${(ctx.signal.reason as { reason: string }).reason}`);
    return request;
  };
}

function openClient(): RpcClient {
  const picker = {
    pick(): never {
      throw new Error("only direct calls here");
    },
  };
  const client = createRpcClient({ service: "Test.echo", picker });
  onTestFinished(() => client.close());
  return client;
}

describe("requests that nobody waits for", () => {
  it("ends the one that a cancel frame names, without an answer, and serves the others", async () => {
    const seen: IncomingRequest[] = [];
    const waiting = new Waiting();
    const events = { onRequest: (request: IncomingRequest) => void seen.push(request), onCall: () => undefined };
    const { port, server } = await startServer(waiting.say, { events });
    const peer = new RawPeer(port);
    peer.socket.write(Buffer.concat([requestFrame(1, "a"), requestFrame(2, "b"), requestFrame(3, "c")]));
    await until(() => waiting.started.length === 3);
    peer.socket.write(Buffer.concat([cancelFrame(2), cancelFrame(99), cancelFrame(2), requestFrame(4, "quick")]));
    await until(() => peer.answers().length === 1);
    expect(peer.answers()[0]!.head.sequenceLow).toBe(4);
    expect(waiting.ended).toEqual(["b RPC_CANCELLED"]);
    expect(server.inFlight).toBe(2);
    await until(() => seen.length === 2);
    expect(seen.map(({ reason }) => reason).toSorted()).toEqual(["", "RPC_CANCELLED"]);
    peer.socket.write(Buffer.concat([cancelFrame(3), cancelFrame(1)]));
    await until(() => server.inFlight === 0);
    expect(waiting.ended).toEqual(["b RPC_CANCELLED", "c RPC_CANCELLED", "a RPC_CANCELLED"]);
    expect(peer.answers()).toHaveLength(1);
  });

  it("closes a half-closed connection whose last request was cancelled", async () => {
    const waiting = new Waiting();
    const { port } = await startServer(waiting.say);
    const peer = new RawPeer(port);
    peer.socket.end(Buffer.concat([requestFrame(1, "a"), cancelFrame(1)]));
    await until(() => peer.isClosed);
    expect(peer.answers()).toEqual([]);
  });

  it.each([
    { name: "a cancel frame", give: (peer: RawPeer) => void peer.socket.write(cancelFrame(1)) },
    { name: "a lost connection", give: (peer: RawPeer) => void peer.socket.destroy() },
  ])("cancels nested calls upon $name", async ({ give }) => {
    const inner = new Waiting();
    const { port: innerPort } = await startServer(inner.say);
    const results: unknown[] = [];
    const { port, server } = await startServer(
      async (request, ctx) => {
        const target = `127.0.0.1:${innerPort}@tcp`;
        const one = (text: string) => ctx.call(method, target, { text }, { timeoutMs: 60_000 });
        results.push(...(await Promise.allSettled([one("a"), one("b"), one("c")])));
        results.push(...(await Promise.allSettled([one("too late")])));
        return request;
      },
      { client: openClient() },
    );
    const peer = new RawPeer(port);
    peer.socket.write(requestFrame(1, "x", { timeoutMs: 60_000 }));
    await until(() => inner.started.length === 3);
    give(peer);
    await until(() => server.inFlight === 0);
    const cancelled = { status: "rejected", reason: expect.objectContaining({ reason: "RPC_CANCELLED" }) };
    expect(results).toEqual([cancelled, cancelled, cancelled, cancelled]);
    expect(inner.started).toHaveLength(3);
  });
});
