import { once } from "node:events";
import type { Socket } from "node:net";
import { PassThrough } from "node:stream";
import { expect, it, onTestFinished } from "vitest";
import { DirectOutput } from "./direct-output.js";
import { dialTcp, listenTcp } from "./index.js";

/** More than the kernel takes for a peer that does not read. */
const LARGE_BYTES = 32 << 20;

async function startPair(): Promise<{ near: Socket; far: Socket }> {
  let accept: (socket: Socket) => void = () => undefined;
  const accepted = new Promise<Socket>((resolve) => {
    accept = resolve;
  });
  const listener = await listenTcp({ onConnection: accept });
  const near = await dialTcp(listener.address);
  const far = await accepted;
  onTestFinished(async () => {
    near.destroy();
    far.destroy();
    await listener.close();
  });
  return { near, far };
}

function direct(stream: Socket | PassThrough, onTaken: () => void = () => undefined): DirectOutput {
  const output = DirectOutput.of(stream, onTaken);
  if (output === undefined) throw new Error("this version of Node keeps its writes elsewhere");
  return output;
}

function numbered(bytes: number): Buffer {
  const words = new Uint32Array(bytes / 4).map((_, n) => n);
  return Buffer.from(words.buffer);
}

it("gives small writes to the kernel at once", async () => {
  const { near, far } = await startPair();
  const output = direct(near);
  const memory = Buffer.from("one,");
  expect(output.write(memory)).toBe(true);
  memory.write("two,");
  expect(output.write(memory)).toBe(true);
  expect(output.queuedBytes).toBe(0);
  near.end();
  let text = "";
  for await (const chunk of far) text += String(chunk);
  expect(text).toBe("one,two,");
});

it("keeps what has to wait in order with the stream's writes and its end", async () => {
  const { near, far } = await startPair();
  far.pause();
  let taken = 0;
  const output = direct(near, () => taken++);
  const large = numbered(LARGE_BYTES);
  expect(output.write(large)).toBe(true);
  expect(output.queuedBytes).toBe(LARGE_BYTES);
  expect(output.write(Buffer.from("not yet"))).toBe(false);
  near.write("after");
  near.end("end");
  expect(taken).toBe(0);
  const chunks: Buffer[] = [];
  for await (const chunk of far) chunks.push(chunk as Buffer);
  expect(Buffer.concat(chunks).equals(Buffer.concat([large, Buffer.from("afterend")]))).toBe(true);
  expect(taken).toBe(1);
  expect(output.queuedBytes).toBe(0);
});

it("is direct again after what waited", async () => {
  const { near, far } = await startPair();
  far.pause();
  let release: () => void = () => undefined;
  const isTaken = new Promise<void>((resolve) => {
    release = resolve;
  });
  const output = direct(near, release);
  output.write(numbered(LARGE_BYTES));
  let received = 0;
  far.on("data", (chunk: Buffer) => {
    received += chunk.length;
  });
  far.resume();
  await isTaken;
  expect(output.write(Buffer.from("again"))).toBe(true);
  await expect.poll(() => received).toBe(LARGE_BYTES + 5);
});

it("ends the socket with the error of the system", async () => {
  const { near, far } = await startPair();
  near.pause();
  const output = direct(near);
  far.resetAndDestroy();
  const failed = once(near, "error");
  while (!near.destroyed) {
    output.write(Buffer.from("x"));
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect((await failed)[0]).toMatchObject({ syscall: "write", code: expect.stringMatching(/^(EPIPE|ECONNRESET)$/) });
});

it("says nothing of a write that is dropped with its socket", async () => {
  const { near, far } = await startPair();
  far.pause();
  let taken = 0;
  const output = direct(near, () => taken++);
  output.write(numbered(LARGE_BYTES));
  near.destroy();
  await once(near, "close");
  expect(output.queuedBytes).toBe(0);
  expect(taken).toBe(0);
  expect(output.write(Buffer.from("late"))).toBe(false);
});

it("leaves other streams to Node, and sockets with something else to write first", async () => {
  expect(DirectOutput.of(new PassThrough(), () => undefined)).toBeUndefined();
  const { near } = await startPair();
  near.cork();
  near.write("first");
  expect(direct(near).write(Buffer.from("second"))).toBe(false);
});
