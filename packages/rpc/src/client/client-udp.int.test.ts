import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { createFrameSlice, createHead, decodeHead, encodeFrame, ProtoWriter, sliceFrame } from "@msec/protocol";
import { describe, expect, it, onTestFinished } from "vitest";
import { ListPicker, ofReason, openClient, say } from "./client-fixture.js";

async function bindPeer(onRequest: (answerTo: (text: string, sequence?: number) => Buffer, from: RemoteInfo) => void) {
  const socket = createSocket("udp4");
  onTestFinished(() => void socket.close());
  socket.on("message", (bytes, from) => {
    const slice = sliceFrame(bytes, 0, createFrameSlice());
    const head = createHead();
    decodeHead(bytes, slice.headStart, slice.headEnd, head);
    const answerTo = (text: string, sequenceLow = head.sequenceLow): Buffer => {
      const body = new ProtoWriter().uint32(10).string(text).finish();
      return Buffer.from(encodeFrame({ ...createHead(), sequenceLow, methodName: "m" }, body));
    };
    onRequest(answerTo, from);
  });
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  return { socket, target: `127.0.0.1:${socket.address().port}@udp` };
}

describe("calls over UDP", () => {
  it("take the answer of their own sequence from their own peer, whatever else arrives", async () => {
    const stranger: Socket = createSocket("udp4");
    onTestFinished(() => void stranger.close());
    const { socket, target } = await bindPeer((answerTo, { port, address }) => {
      stranger.send(answerTo("forged"), port, address, () => {
        const junk = [Buffer.from("(junk"), Buffer.alloc(0), answerTo("other", 1), answerTo("mine").subarray(0, -1)];
        for (const bytes of [...junk, answerTo("mine"), answerTo("twice")]) socket.send(bytes, port, address);
      });
    });
    const client = openClient(new ListPicker([]));
    for (let n = 0; n < 3; n++) {
      expect(await client.call(say, target, { text: "" }, { timeoutMs: 5_000 })).toEqual({ text: "mine" });
    }
    await expect.poll(() => client.lateAnswers).toBe(6); // of each call "other" and "twice"
  });

  it("time out when a datagram is lost, and the next one goes through", async () => {
    let lost = 1;
    const { socket, target } = await bindPeer((answerTo, { port, address }) => {
      if (lost-- > 0) return;
      socket.send(answerTo("here"), port, address);
    });
    const client = openClient(new ListPicker([]));
    const first = client.call(say, target, { text: "" }, { timeoutMs: 50 });
    await expect(first).rejects.toEqual(ofReason("RPC_TIMEOUT"));
    expect(await client.call(say, target, { text: "" }, { timeoutMs: 5_000 })).toEqual({ text: "here" });
  });

  it("go to IPv6 addresses too", async () => {
    const socket = createSocket("udp6");
    onTestFinished(() => void socket.close());
    socket.on("message", (bytes, from) => socket.send(bytes, from.port, from.address));
    await new Promise<void>((resolve) => socket.bind(0, "::1", resolve));
    const client = openClient(new ListPicker([]));
    const target = `[::1]:${socket.address().port}@udp`;
    // the peer sends the request back, which has the shape of an answer
    expect(await client.call(say, target, { text: "six" }, { timeoutMs: 5_000 })).toEqual({ text: "six" });
  });
});
