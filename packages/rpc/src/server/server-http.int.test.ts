import { connect } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { userHashOf } from "../call-priority.js";
import { RawPeer, type Say, startServer, until } from "./server-fixture.js";

describe("HTTP + JSON", () => {
  const post = (body: string, headers = "", target = "/?methodName=test.Echo.Say"): string =>
    `POST ${target} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n${headers}\r\n${body}`;

  async function exchange(text: string, say: Say = (request) => request): Promise<string> {
    const { port } = await startServer(say);
    const peer = new RawPeer(port);
    peer.socket.write(text);
    await until(() => peer.isClosed);
    return peer.text;
  }

  it("answers a good request, as UTF-8", async () => {
    const answer = await exchange(post('{"text":"飞机"}', "Connection: close\r\n"));
    expect(answer).toContain("HTTP/1.1 200 OK\r\n");
    expect(answer).toContain('{"ret":0, "errmsg":"", "resultObj": {"text":"飞机"}}');
  });

  it("answers pipelined requests in order", async () => {
    const say: Say = async (request) => {
      if (request.text === "one") await new Promise((resolve) => setTimeout(resolve, 20));
      return request;
    };
    const answer = await exchange(
      post('{"text":"one"}') + post('{"text":"two"}') + post('{"text":"three"}', "Connection: close\r\n"),
      say,
    );
    expect(answer.match(/"text":"\w+"/g)).toEqual(['"text":"one"', '"text":"two"', '"text":"three"']);
  });

  it.each([
    { name: "unknown method", text: post("{}", "Connection: close\r\n", "/?methodName=test.Echo.None"), ret: -6 },
    { name: "no method", text: post("{}", "Connection: close\r\n", "/"), ret: -3 },
    { name: "no JSON", text: post("{", "Connection: close\r\n"), ret: -3 },
    { name: "unknown key", text: post('{"text":"a","more":1}', "Connection: close\r\n"), ret: -3 },
    { name: "missing field", text: post("{}", "Connection: close\r\n"), ret: -8 },
    { name: "not HTTP", text: "POST\r\n\r\n", ret: -3 },
    { name: "a path that GET does not serve", text: "GET /list HTTP/1.1\r\nConnection: close\r\n\r\n", ret: -3 },
    { name: "state of the instance", text: "GET / HTTP/1.0\r\n\r\n", ret: 0 },
  ])("ret $ret for $name", async ({ text, ret }) => {
    const answer = await exchange(text);
    expect(JSON.parse(answer.slice(answer.indexOf("\r\n\r\n")))).toMatchObject({ ret });
  });

  it("hands on what the headers say of the request, and tells its flow id when it fails", async () => {
    const seen: unknown[] = [];
    const say: Say = (_request, ctx) => {
      const { requestId, parentSpanId, priority, userHash, coloring } = ctx;
      seen.push({ requestId, parentSpanId, priority, userHash, coloring });
      throw new Error("no");
    };
    const trace = "traceparent: 00-00000000000000010000000200000003-00000000000000ff-01\r\n";
    const context = "x-msec-priority: 100\r\nx-msec-user: ann\r\nx-msec-coloring: 1\r\n";
    const answer = await exchange(post('{"text":"a"}', `${trace}${context}Connection: close\r\n`), say);
    const requestId = String(2n ** 33n + 3n);
    const userHash = userHashOf("ann");
    expect(seen).toEqual([{ requestId, parentSpanId: "00000000000000ff", priority: 100, userHash, coloring: true }]);
    expect(answer).toContain(`\r\nX-Request-Id: ${requestId}\r\n`);
  });

  it("answers HEAD without a body", async () => {
    const answer = await exchange("HEAD / HTTP/1.1\r\nConnection: close\r\n\r\n");
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(answer.endsWith("\r\n\r\n")).toBe(true);
  });

  it("cuts a peer that asks and never reads, however many requests it has sent at once", async () => {
    const text = "x".repeat(50_000);
    const { port, server } = await startServer(() => ({ text }), { limits: { maxQueuedOutputBytes: 1 << 20 } });
    const peer = new RawPeer(port);
    peer.socket.pause();
    peer.socket.write(post('{"text":"a"}').repeat(1_000));
    await until(() => server.counts.closedConnections === 1);
    peer.socket.resume();
    await until(() => peer.isClosed);
    expect(peer.text.length).toBeLessThan(1_000 * text.length);
  });

  it("answers an error instead of a body above maxFrameBytes", async () => {
    const { port } = await startServer((request) => ({ text: request.text.repeat(1_000) }), {
      limits: { maxFrameBytes: 2_000 },
    });
    const peer = new RawPeer(port);
    peer.socket.write(post('{"text":"a"}') + post('{"text":"飞"}', "Connection: close\r\n"));
    await until(() => peer.isClosed);
    expect(peer.text).toContain('"resultObj": {"text":"aaa');
    expect(peer.text).toContain('{"ret":-109, "errmsg":"a frame of 3011 bytes');
  });

  it("does not listen for ever to a peer that goes on sending behind its last answer", async () => {
    const { port } = await startServer((request) => request, {
      limits: { messageTimeoutMs: 40, idleTimeoutMs: 60_000 },
    });
    const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    socket.on("error", () => undefined);
    socket.resume();
    let isClosed = false;
    socket.on("close", () => (isClosed = true));
    socket.write(post('{"text":"a"}', "Connection: close\r\n"));
    const sending = setInterval(() => socket.write("x"), 5);
    onTestFinished(() => clearInterval(sending));
    await until(() => isClosed);
  });
});
