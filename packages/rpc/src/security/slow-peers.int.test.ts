import { createHash } from "node:crypto";
import { connect, type Socket } from "node:net";
import { openUdp } from "@msec/net";
import { describe, expect, it, onTestFinished } from "vitest";
import { RawPeer, requestFrame, startServer, until } from "../server/server-fixture.js";

const echo = <T>(request: T): T => request;

/** Sends one byte every few milliseconds, as long as the other side takes them. */
function trickle(socket: Socket, bytes: Uint8Array): void {
  let at = 0;
  const timer = setInterval(() => {
    if (at < bytes.length && socket.writable) socket.write(bytes.subarray(at, ++at));
  }, 5);
  onTestFinished(() => clearInterval(timer));
}

describe("a peer that is slow on purpose", () => {
  const head = `POST /?methodName=test.Echo.Say HTTP/1.1\r\n${"X-Slow: 1\r\n".repeat(1000)}`;
  const chunked = "POST /?methodName=test.Echo.Say HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";

  it.each([
    ["a frame", requestFrame(1, "x".repeat(4000))],
    ["an HTTP head", Buffer.from(head)],
    ["an HTTP body", Buffer.from(`${chunked}${"1\r\n \r\n".repeat(1000)}`)],
  ])("loses its connection while it sends %s byte by byte", async (_, bytes) => {
    const { port, server } = await startServer(echo, { limits: { messageTimeoutMs: 60, idleTimeoutMs: 60_000 } });
    const slow = new RawPeer(port);
    const other = new RawPeer(port);
    trickle(slow.socket, bytes);
    await until(() => slow.isClosed);
    expect(server.refused).toEqual({ "message timeout": 1 });
    other.socket.write(requestFrame(1, "served"));
    await until(() => other.answers()[0]?.text === "served");
  });

  it("keeps its connection while it waits for an answer", async () => {
    let release: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { port, server } = await startServer(
      async (request) => {
        if (request.text === "wait") await gate;
        return request;
      },
      { limits: { messageTimeoutMs: 40 } },
    );
    const waiting = new RawPeer(port);
    const begin = "POST /?methodName=test.Echo.Say HTTP/1.1\r\nContent-Length: 15\r\n\r\n";
    waiting.socket.write(`${begin}{"text":"wait"}${begin}{"text":`);
    const slow = new RawPeer(port);
    slow.socket.write(requestFrame(1, "x").subarray(0, 5));
    await until(() => slow.isClosed);
    waiting.socket.write('"next"}');
    release();
    await until(() => waiting.text.includes('"next"'));
    expect(server.refused).toEqual({ "message timeout": 1 });
  });

  it("may send a long message slowly, but not slower than the least rate", async () => {
    const { port } = await startServer(echo, { limits: { messageTimeoutMs: 500 } });
    const text = createHash("sha256").update("x").digest("hex").repeat(16_384);
    const frame = requestFrame(1, text);
    const peer = new RawPeer(port);
    for (let at = 0; at < frame.length; at += 1 << 16) {
      peer.socket.write(frame.subarray(at, at + (1 << 16)));
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    await until(() => peer.answers()[0]?.text === text);
  });

  it.each([
    ["frames", requestFrame(1, "x".repeat(60_000)), (at: Buffer) => at.subarray(0, -1)],
    [
      "HTTP bodies",
      Buffer.from(`${chunked}EA60\r\n${"x".repeat(60_000)}\r\n0\r\n\r\n`),
      (at: Buffer) => at.subarray(0, -9),
    ],
  ])("holds no more than all may together, and those who hold little are served: %s", async (_, bytes, cut) => {
    const limits = { maxFrameBytes: 65_536, maxBufferedBytes: 262_144 };
    const { port, server } = await startServer(echo, { limits });
    const small = connect({ port, host: "127.0.0.1", localAddress: "127.0.0.9" });
    onTestFinished(() => void small.destroy());
    const frame = requestFrame(1, "x".repeat(20_000));
    small.write(frame.subarray(0, 15_000));
    const greedy = Array.from({ length: 8 }, () => new RawPeer(port));
    for (const peer of greedy) peer.socket.write(cut(Buffer.from(bytes)));
    await until(() => greedy.filter((peer) => peer.isClosed).length >= 4);
    small.write(frame.subarray(15_000));
    await until(() => small.bytesRead > 20_000);
    expect(server.refused["buffered bytes"]).toBeGreaterThanOrEqual(4);
    expect(greedy.filter((peer) => !peer.isClosed).length).toBeGreaterThanOrEqual(2);
  });

  it("loses its connection when it is silent", async () => {
    const { port } = await startServer(echo, { limits: { idleTimeoutMs: 30 } });
    const peer = new RawPeer(port);
    await until(() => peer.isClosed);
  });
});

describe("addresses", () => {
  it("hold no more connections than one address may, and get the place back", async () => {
    const { port, server } = await startServer(echo, { limits: { maxConnectionsPerAddress: 2 } });
    const peers = [new RawPeer(port), new RawPeer(port), new RawPeer(port)];
    for (const peer of peers) peer.socket.write(requestFrame(1, "x"));
    await until(() => peers.filter((peer) => peer.isClosed).length === 1);
    const other = connect({ port, host: "127.0.0.1", localAddress: "127.0.0.9" });
    onTestFinished(() => void other.destroy());
    other.write(requestFrame(1, "x"));
    await until(() => other.bytesRead > 0);
    expect(server.refused).toEqual({ "connections per address": 1 });
    peers.find((peer) => !peer.isClosed)!.socket.destroy();
    await until(() => server.connections === 2);
    const late = new RawPeer(port);
    late.socket.write(requestFrame(1, "late"));
    await until(() => late.answers()[0]?.text === "late");
  });

  it("outside of the list are closed unread, and their datagrams ignored", async () => {
    const { port, server } = await startServer(echo, { security: { allowFrom: ["127.0.1.0/24", "127.0.0.5"] } });
    const udpAt = await server.listenUdp({ host: "127.0.0.1" });
    const refused = new RawPeer(port);
    refused.socket.write(requestFrame(1, "x"));
    await until(() => refused.isClosed);
    expect(refused.text).toBe("");
    const allowed = connect({ port, host: "127.0.0.1", localAddress: "127.0.1.7" });
    onTestFinished(() => void allowed.destroy());
    allowed.write(requestFrame(1, "x"));
    await until(() => allowed.bytesRead > 0);
    let answers = 0;
    for (const host of ["127.0.0.1", "127.0.0.5"]) {
      const from = await openUdp({ host, onDatagram: () => answers++ });
      onTestFinished(() => from.close());
      from.send(requestFrame(1, "x"), udpAt);
    }
    await until(() => answers === 1);
    await until(() => server.refused.address === 2);
    server.allow({ allowFrom: ["127.0.0.1"] });
    const after = new RawPeer(port);
    after.socket.write(requestFrame(1, "x"));
    await until(() => after.answers().length === 1);
  });

  it("that are none are named", async () => {
    await expect(startServer(echo, { security: { allowFrom: ["10.0.0.0/33"] } })).rejects.toMatchObject({
      reason: "NET_ADDRESS_LIST_INVALID",
    });
    await expect(startServer(echo, { security: { allowCallers: ["Shop"] } })).rejects.toMatchObject({
      reason: "RPC_CALLER_LIST_INVALID",
    });
  });
});
