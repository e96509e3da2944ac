import { createSocket } from "node:dgram";
import { createHead, encodeFrame } from "@msec/protocol";
import { describe, expect, it, onTestFinished } from "vitest";
import { createRpcServer, type RpcServer } from "../index.js";
import { RawDatagrams } from "./datagram-fixture.js";
import type { DatagramLimits } from "./datagram-limits.js";
import { Echo, method, requestFrame, type Say, startServer, TextType, until } from "./server-fixture.js";

async function startUdp(say: Say, limits: DatagramLimits = {}): Promise<{ server: RpcServer; peer: RawDatagrams }> {
  const { server } = await startServer(say);
  const peer = await RawDatagrams.open(await server.listenUdp({ host: "127.0.0.1", limits }));
  return { server, peer };
}

const UNKNOWN: DatagramLimits = { trusted: [] };

describe("frames over UDP", () => {
  it("marks its answers, and ignores answers, cancel frames and noise, so that two servers never talk for ever", async () => {
    const { peer } = await startUdp((request) => request);
    peer.send(Buffer.from("hello"));
    peer.send(new Uint8Array(0));
    peer.send(requestFrame(1, "x").subarray(0, 30));
    peer.send(Buffer.concat([requestFrame(2, "x"), requestFrame(3, "x")]));
    peer.send(requestFrame(4, "x", { err: -6 }));
    peer.send(requestFrame(5, "x", { cancel: 1 }));
    peer.send(encodeFrame({ ...createHead(), methodName: "" }).subarray(0, 10));
    expect(await peer.settle()).toEqual([]);
    const [answer] = peer.received;
    expect(peer.heads()[0]).toMatchObject({ capabilities: 2, methodName: method.fullName, caller: "Test.peer" });
    peer.send(answer!);
    expect(await peer.settle()).toEqual([]);
  });

  it("answers a head it can't read when the sequence is known", async () => {
    const { peer } = await startUdp((request) => request, UNKNOWN);
    peer.send(Uint8Array.of(0x28, 0, 0, 0, 2, 0, 0, 0, 0, 0x50, 5, 0x29));
    const [head] = await peer.settle();
    expect(head).toMatchObject({ sequenceLow: 5, err: -4 });
  });

  it("refuses what comes while it stops, and finishes what is under way", async () => {
    let release: (() => void) | undefined;
    const { server, peer } = await startUdp(async (request) => {
      await new Promise<void>((resolve) => (release = resolve));
      return request;
    });
    peer.send(requestFrame(1, "under way"));
    await until(() => server.inFlight === 1);
    const stopped = server.stop();
    peer.send(requestFrame(2, "late"));
    await until(() => peer.received.length === 1);
    expect(peer.heads()[0]).toMatchObject({ sequenceLow: 2, reason: "RPC_SHUTTING_DOWN" });
    release?.();
    expect(await stopped).toEqual({ cutOff: 0 });
    await until(() => peer.received.length === 2);
    expect(peer.heads()[1]).toMatchObject({ sequenceLow: 1, err: 0 });
  });

  it("gives a shared port up as soon as nothing is under way", async () => {
    const release: (() => void)[] = [];
    const server = createRpcServer({
      service: "Test.echo",
      services: [
        {
          type: Echo,
          handlers: { say: async (request: never) => new Promise((resolve) => release.push(() => resolve(request))) },
        },
      ],
    });
    onTestFinished(async () => void (await server.stop({ graceMs: 0 })));
    const address = await server.listenUdp({ host: "127.0.0.1", shared: true });
    const tcp = await server.listen({ host: "127.0.0.1" });
    const peer = await RawDatagrams.open(address);
    peer.send(requestFrame(1, "x"));
    await until(() => release.length === 1);
    const stopped = server.stop();
    expect(tcp.port).toBeGreaterThan(0);
    release[0]!();
    await until(() => peer.heads().some((head) => head.sequenceLow === 1 && head.err === 0));
    await stopped;
    const again = createSocket("udp4");
    onTestFinished(() => void again.close());
    await new Promise<void>((resolve) => again.bind(address.port, "127.0.0.1", resolve));
  });
});

describe("amplification", () => {
  it("sends at most three times the request's size to a sender it does not know, whatever the outcome", async () => {
    const { peer, server } = await startUdp((request) => ({ text: request.text.repeat(1_000) }), UNKNOWN);
    const requests = [
      requestFrame(1, "large answer"),
      requestFrame(2, "x", { methodName: `test.Echo.${"N".repeat(400)}`, caller: "y".repeat(300) }),
      requestFrame(3, "x", { methodName: "a.b", caller: "" }),
      encodeFrame({ ...createHead(), sequenceLow: 4, methodName: method.fullName }, Uint8Array.of(0xff)),
      Uint8Array.of(0x28, 0, 0, 0, 5, 0, 0, 0, 0, 0x50, 6, 0x9a, 3, 0, 0x29),
      requestFrame(7, ""),
    ];
    for (const request of requests) {
      const before = peer.received.length;
      peer.send(request);
      await until(() => peer.received.length === before + 1);
      expect(peer.received[before]!.length).toBeLessThanOrEqual(3 * request.length);
    }
    expect(peer.heads().map(({ sequenceLow, err, reason }) => [sequenceLow, err, reason])).toEqual([
      [1, -107, "RPC_DATAGRAM_ANSWER_TOO_LARGE"],
      [2, -6, "RPC_METHOD_UNKNOWN"],
      [3, -6, "RPC_METHOD_UNKNOWN"],
      [4, -5, "RPC_REQUEST_INVALID"],
      [6, -6, ""],
      [7, 0, ""],
    ]);
    expect(peer.heads()[0]!.errMsg).toMatch(/^use TCP: the answer has 120\d\d B, over UDP you may get \d+ /);
    expect(server.inFlight).toBe(0);
  });

  it("never answers larger than the request when told so", async () => {
    const { peer } = await startUdp((request) => ({ text: request.text.repeat(9) }), { trusted: [], maxFactor: 1 });
    const request = requestFrame(1, "0123456789".repeat(5));
    peer.send(request);
    await until(() => peer.received.length === 1);
    expect(peer.received[0]!.length).toBeLessThanOrEqual(request.length);
    expect(peer.heads()[0]).toMatchObject({ sequenceLow: 1, err: -107 });
  });

  it("ignores what exceeds the rate of an unknown network", async () => {
    const started: string[] = [];
    const say: Say = (request) => {
      started.push(request.text);
      return request;
    };
    const { peer } = await startUdp(say, { trusted: [], ratePerSec: 1 });
    for (let n = 1; n <= 20; n++) peer.send(requestFrame(n, `${n}`));
    await until(() => peer.received.length > 0);
    const trusted = await startUdp(say);
    await trusted.peer.settle();
    expect(started.slice(0, 2)).toEqual(["1", "settle"]);
  });

  it("gives trusted senders answers of any size", async () => {
    const { peer } = await startUdp((request) => ({ text: request.text.repeat(60_000) }));
    peer.send(requestFrame(1, "x"));
    await until(() => peer.received.length === 1);
    expect(peer.received[0]!.length).toBeGreaterThan(60_000);
    expect(TextType.typeName).toBe("test.Text");
  });
});
