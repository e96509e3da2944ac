import { type LogFields, type Logger, silentLogger } from "@msec/core";
import { CAPABILITY_CANCEL, createHead, encodeFrame } from "@msec/protocol";
import { describe, expect, it, onTestFinished } from "vitest";
import { method, RawPeer, requestFrame, startServer, type Text, until } from "./server-fixture.js";

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
      capabilities: CAPABILITY_CANCEL,
    });
    expect(peer.answers()[1]!.head.capabilities).toBe(0);
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

  const LIMIT = 1 << 20;
  const big = Buffer.from(requestFrame(7, "x"));
  big.writeInt32BE(LIMIT, 5);
  it.each([
    { name: "no frame at all", bytes: Buffer.from("\0hello"), answer: undefined },
    {
      name: "a body of 2 GB announced",
      bytes: Buffer.from("28000000107fffffff", "hex"),
      answer: [0, -3, "PROTO_FRAME_TOO_LARGE"],
    },
    { name: "more than maxFrameBytes announced", bytes: big.subarray(0, 80), answer: [7, -3, "PROTO_FRAME_TOO_LARGE"] },
    {
      name: "negative lengths",
      bytes: Buffer.from("28ffffffff00000000", "hex"),
      answer: [0, -3, "PROTO_FRAME_BAD_LENGTH"],
    },
    {
      name: "wrong end byte",
      bytes: Buffer.concat([requestFrame(8, "x").slice(0, -1), Buffer.from("X")]),
      answer: [8, -3, "PROTO_FRAME_BAD_END"],
    },
    {
      name: "head without a sequence",
      bytes: Buffer.from("28000000010000000000" + "29", "hex"),
      answer: [0, -4, "RPC_HEAD_INVALID"],
    },
  ])("closes the connection for $name, before any body, and says why", async ({ bytes, answer }) => {
    const { port, server } = await startServer((request) => request, { limits: { maxFrameBytes: LIMIT } });
    const peer = new RawPeer(port);
    peer.socket.write(bytes);
    await until(() => peer.isClosed);
    const got = peer.answers().map(({ head: { sequenceLow, err, reason } }) => [sequenceLow, err, reason]);
    expect(got).toEqual(answer === undefined ? [] : [answer]);
    await until(() => server.connections === 0);
  });

  it.each([
    { name: "at once", say: (request: Text) => request },
    { name: "later", say: (request: Text) => new Promise<Text>((resolve) => setTimeout(resolve, 30, request)) },
  ])("answers what was good, $name, before it closes, also to a peer that goes on sending", async ({ say }) => {
    const { port, server } = await startServer(say);
    const peer = new RawPeer(port);
    const good = [requestFrame(1, "good"), requestFrame(2, "better")];
    peer.socket.write(Buffer.concat([...good, Buffer.from("garbage"), Buffer.alloc(300_000, 0x28)]));
    await until(() => peer.isClosed);
    expect(peer.answers().map(({ head, text }) => [head.sequenceLow, head.err, text])).toEqual([
      [1, 0, "good"],
      [2, 0, "better"],
      [0, -3, undefined],
    ]);
    await until(() => server.connections === 0);
  });

  it.each([
    { name: "no flow id, as from a stand-alone channel", fields: "" },
    { name: "an empty element of caller_stack, as from Java", fields: "e20300" },
    { name: "unknown fields of all wire types", fields: "f83f01f93f0102030405060708fa3f0161fd3f01020304" },
    { name: "a caller that ends with NUL, as from PHP", fields: "920304636769" + "00" },
    { name: "a sequence of 64 bits", fields: "50ffffffffffffffffff01" },
  ])("accepts a head with $name", async ({ fields }) => {
    const callers: string[] = [];
    const { port } = await startServer((request, ctx) => {
      callers.push(ctx.caller);
      return request;
    });
    const good = requestFrame(5, "old", { caller: "cgi" });
    const headBytes = good[4]!;
    const more = Buffer.from(fields, "hex");
    const frame = Buffer.concat([good.subarray(0, 9 + headBytes), more, good.subarray(9 + headBytes)]);
    frame.writeInt32BE(headBytes + more.length, 1);
    const peer = new RawPeer(port);
    peer.socket.write(Buffer.concat([frame, frame]));
    await until(() => peer.answers().length === 2);
    const isLong = fields.startsWith("50");
    for (const { head, text } of peer.answers()) {
      expect(text).toBe("old");
      expect([head.sequenceHigh, head.sequenceLow]).toEqual(isLong ? [0xffff_ffff, 0xffff_ffff] : [0, 5]);
      expect(head).toMatchObject({ err: 0, methodName: method.fullName, caller: "cgi" });
      expect(head.flowIdLow).not.toBe(0);
    }
    expect(callers).toEqual(["cgi", "cgi"]);
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
