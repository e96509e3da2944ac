import { connect, createServer, type Socket } from "node:net";
import { type Clock, type LogFields, type Logger, silentLogger } from "@msec/core";
import {
  createFrameSlice,
  createHead,
  createMessageType,
  decodeHead,
  encodeFrame,
  frameLength,
  type MessageType,
  ProtoWriter,
  type RpcHead,
  sliceFrame,
} from "@msec/protocol";
import { describe, expect, it, onTestFinished } from "vitest";
import {
  bindService,
  type CallContext,
  createRpcServer,
  type Handler,
  type IncomingRequest,
  type RpcServer,
  type RpcServerOptions,
} from "./index.js";

interface Text {
  text: string;
}
const TextType: MessageType<Text, Text> = createMessageType<Text, Text>("test.Text", [
  { kind: "scalar", scalar: "string", name: "text", number: 1, label: "required", packed: false },
]);
const method = { fullName: "test.Echo.Say", name: "Say", input: TextType, output: TextType, isIdempotent: true };
const Echo = { typeName: "test.Echo", methods: { Say: method } };
type Say = Handler<typeof method>;

async function startServer(
  say: Say,
  options: Partial<RpcServerOptions> = {},
): Promise<{ server: RpcServer; port: number }> {
  const server = createRpcServer({
    service: "Test.echo",
    services: [bindService(Echo, { say })],
    ...options,
  });
  const { port } = await server.listen({ host: "127.0.0.1" });
  onTestFinished(async () => void (await server.stop({ graceMs: 0 })));
  return { server, port };
}

function requestFrame(sequenceLow: number, text: string, head: Partial<RpcHead> = {}): Uint8Array {
  const writer = new ProtoWriter();
  TextType.encode({ text }, writer);
  return encodeFrame(
    { ...createHead(), sequenceLow, methodName: method.fullName, caller: "Test.peer", ...head },
    writer.view(),
  );
}

/** A peer that writes bytes as it likes and collects answers. */
class RawPeer {
  readonly socket: Socket;
  #bytes: Buffer = Buffer.alloc(0);
  isClosed = false;

  constructor(port: number) {
    this.socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    this.socket.on("data", (chunk) => {
      this.#bytes = Buffer.concat([this.#bytes, chunk]);
    });
    this.socket.on("error", () => undefined);
    this.socket.on("end", () => this.socket.end());
    this.socket.on("close", () => {
      this.isClosed = true;
    });
    onTestFinished(() => void this.socket.destroy());
  }

  get text(): string {
    return this.#bytes.toString("utf8");
  }

  answers(): { head: RpcHead; text: string | undefined }[] {
    const found: { head: RpcHead; text: string | undefined }[] = [];
    for (let at = 0; ; ) {
      const size = frameLength(this.#bytes, at, this.#bytes.length, 1 << 24);
      if (size === 0) return found;
      const slice = sliceFrame(this.#bytes, at, createFrameSlice());
      const head = createHead();
      decodeHead(this.#bytes, slice.headStart, slice.headEnd, head);
      const hasBody = slice.bodyEnd > slice.bodyStart;
      const text = hasBody ? TextType.decode(this.#bytes, slice.bodyStart, slice.bodyEnd).text : undefined;
      found.push({ head, text });
      at += size;
    }
  }
}

async function until(isReached: () => boolean): Promise<void> {
  await expect.poll(isReached, { timeout: 5000, interval: 5 }).toBe(true);
}

describe("frames", () => {
  it("answers pipelined requests, fragmented byte by byte, and echoes the head", async () => {
    const { port } = await startServer((request) => ({ text: request.text.toUpperCase() }));
    const peer = new RawPeer(port);
    const head = { flowIdHigh: 7, flowIdLow: 9, coloring: 1, colorIdLow: 5 };
    const bytes = Buffer.concat([requestFrame(1, "a", head), requestFrame(2, "b"), requestFrame(3, "c")]);
    for (const byte of bytes.subarray(0, 100)) peer.socket.write(Uint8Array.of(byte));
    peer.socket.write(bytes.subarray(100));
    await until(() => peer.answers().length === 3);
    expect(peer.answers().map((answer) => [answer.head.sequenceLow, answer.text])).toEqual([
      [1, "A"],
      [2, "B"],
      [3, "C"],
    ]);
    expect(peer.answers()[0]!.head).toEqual({
      ...createHead(),
      ...head,
      sequenceLow: 1,
      methodName: "test.Echo.Say",
      caller: "Test.peer",
    });
    expect(peer.answers()[1]!.head.flowIdLow).not.toBe(0);
  });

  it("lets a slow request be overtaken", async () => {
    let release: (() => void) | undefined;
    const { port } = await startServer(async (request) => {
      if (request.text === "slow") await new Promise<void>((resolve) => (release = resolve));
      return request;
    });
    const peer = new RawPeer(port);
    peer.socket.write(Buffer.concat([requestFrame(1, "slow"), requestFrame(2, "fast")]));
    await until(() => peer.answers().length === 1);
    release?.();
    await until(() => peer.answers().length === 2);
    expect(peer.answers().map((answer) => answer.text)).toEqual(["fast", "slow"]);
  });

  it.each([
    {
      name: "unknown method",
      frame: requestFrame(5, "x", { methodName: "test.Echo.None" }),
      err: -6,
      reason: "RPC_METHOD_UNKNOWN",
    },
    {
      name: "body that is no message",
      frame: encodeFrame({ ...createHead(), sequenceLow: 5, methodName: method.fullName }, Uint8Array.of(0xff, 0xff)),
      err: -5,
      reason: "RPC_REQUEST_INVALID",
    },
    {
      name: "body without its required field",
      frame: encodeFrame({ ...createHead(), sequenceLow: 5, methodName: method.fullName }),
      err: -5,
      reason: "RPC_REQUEST_INVALID",
    },
    {
      name: "head without a method",
      frame: Uint8Array.of(0x28, 0, 0, 0, 2, 0, 0, 0, 0, 0x50, 5, 0x29),
      err: -4,
      reason: "RPC_HEAD_INVALID",
    },
  ])("answers $err to $name and goes on", async ({ frame, err, reason }) => {
    const { port } = await startServer((request) => request);
    const peer = new RawPeer(port);
    peer.socket.write(Buffer.concat([frame, requestFrame(6, "next")]));
    await until(() => peer.answers().length === 2);
    expect(peer.answers()[0]!.head).toMatchObject({ sequenceLow: 5, err, reason });
    expect(peer.answers()[1]).toMatchObject({ text: "next" });
  });

  it.each([
    { name: "no frame at all", bytes: Buffer.from("\0hello") },
    { name: "a body of 2 GB announced", bytes: Buffer.from("28000000107fffffff", "hex") },
    { name: "more than maxFrameBytes announced", bytes: Buffer.from("280000001000100000", "hex") },
    { name: "negative lengths", bytes: Buffer.from("28ffffffff00000000", "hex") },
    { name: "wrong end byte", bytes: Buffer.concat([requestFrame(1, "x").slice(0, -1), Buffer.from("X")]) },
    { name: "head without a sequence", bytes: Buffer.from("28000000010000000000" + "29", "hex") },
  ])("closes the connection for $name, before any body", async ({ bytes }) => {
    const { port, server } = await startServer((request) => request, { limits: { maxFrameBytes: 1 << 20 } });
    const peer = new RawPeer(port);
    peer.socket.write(bytes);
    await until(() => peer.isClosed);
    expect(peer.answers()).toEqual([]);
    await until(() => server.connections === 0);
  });

  it("closes a connection whose head never ends, and keeps one whose handler is still at work", async () => {
    let release: (() => void) | undefined;
    const { port } = await startServer(
      async (request) => {
        await new Promise<void>((resolve) => (release = resolve));
        return request;
      },
      { limits: { idleTimeoutMs: 60 } },
    );
    const slow = new RawPeer(port);
    const busy = new RawPeer(port);
    busy.socket.write(requestFrame(1, "x"));
    slow.socket.write(requestFrame(1, "x").subarray(0, 5));
    const drip = setInterval(() => slow.socket.write(Uint8Array.of(0)), 20);
    onTestFinished(() => clearInterval(drip));
    await until(() => slow.isClosed);
    expect(busy.isClosed).toBe(false);
    release?.();
    await until(() => busy.answers().length === 1);
  });
});

describe("errors of handlers", () => {
  it("passes an AppError on, hides anything else and says which field an answer lacks", async () => {
    const logged: LogFields[] = [];
    const logger: Logger = { ...silentLogger, error: (_msg, fields) => void logged.push(fields ?? {}) };
    const { port } = await startServer(
      (request) => {
        if (request.text === "bug") throw new Error("secret");
        if (request.text === "async bug") return Promise.reject(new Error("secret"));
        return {} as Text;
      },
      { logger },
    );
    const peer = new RawPeer(port);
    peer.socket.write(
      Buffer.concat([requestFrame(1, "bug"), requestFrame(2, "async bug"), requestFrame(3, "incomplete")]),
    );
    await until(() => peer.answers().length === 3);
    const bySequence = peer.answers().toSorted((a, b) => a.head.sequenceLow - b.head.sequenceLow);
    expect(bySequence.map(({ head }) => [head.err, head.reason])).toEqual([
      [-2, "INTERNAL"],
      [-2, "INTERNAL"],
      [-8, "PROTO_REQUIRED_FIELD_MISSING"],
    ]);
    expect(JSON.stringify(bySequence.map(({ head }) => head))).not.toContain("secret");
    expect(logged).toHaveLength(3);
  });
});

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
});

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

  it("answers HEAD without a body", async () => {
    const answer = await exchange("HEAD / HTTP/1.1\r\nConnection: close\r\n\r\n");
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(answer.endsWith("\r\n\r\n")).toBe(true);
  });
});
