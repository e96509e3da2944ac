/** The variants that `bench micro` compares: what the server does with the frames of one chunk, and what it could do instead. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { OutputBatcher, OutputBufferPool } from "@msec/net";
import {
  appendRawFrame,
  createFrameSlice,
  createHead,
  decodeHead,
  encodeFrame,
  frameLength,
  ProtoWriter,
  type RpcHead,
  sliceFrame,
} from "@msec/protocol";

/** Frames of one chunk: what 256 calls in flight over 4 connections come to. */
export const FRAMES = 64;
const MAX_FRAME_BYTES = 1 << 20;

export interface MicroCase {
  /** What is varied. */
  readonly group: "split" | "closures" | "output" | "write";
  readonly name: string;
  /** The one that the server uses. */
  readonly isOurs: boolean;
  /** Handles so many chunks of {@link FRAMES} frames. */
  run(chunks: number): void | Promise<void>;
}

const body = Buffer.from(`\n\x62${"0123456789".repeat(10).slice(0, 98)}`, "latin1");
const head: RpcHead = {
  ...createHead(),
  sequenceLow: 305_419_896,
  colorIdLow: 1_154_275_343,
  flowIdHigh: 12_345,
  flowIdLow: 67_890,
  caller: "Bench.caller",
  methodName: "bench.EchoService.Echo",
};
const frame = Buffer.from(encodeFrame(head, body));
const chunk = Buffer.concat(Array.from({ length: FRAMES }, () => frame));
const slice = createFrameSlice();
const requestHead = createHead();

/** Calls back for each frame of the chunk, with its bounds in `slice`. */
function eachFrame(onFrame: () => void): void {
  for (let at = 0; at < chunk.length; ) {
    const size = frameLength(chunk, at, chunk.length, MAX_FRAME_BYTES);
    sliceFrame(chunk, at, slice);
    onFrame();
    at += size;
  }
}

let sum = 0;
const readParts = (bytes: Uint8Array, headStart: number, headEnd: number): void => {
  decodeHead(bytes, headStart, headEnd, requestHead);
  sum += requestHead.sequenceLow;
};

function splitCases(): MicroCase[] {
  const inPlace = (): void => readParts(chunk, slice.headStart, slice.headEnd);
  const view = (): void => {
    const part = chunk.subarray(slice.headStart, slice.bodyEnd);
    readParts(part, 0, slice.headEnd - slice.headStart);
  };
  const copy = (): void => {
    const part = Buffer.from(chunk.subarray(slice.headStart, slice.bodyEnd));
    readParts(part, 0, slice.headEnd - slice.headStart);
  };
  const caseOf = (name: string, onFrame: () => void, isOurs = false): MicroCase => {
    sum = 0;
    eachFrame(onFrame);
    assert.equal(sum, head.sequenceLow * FRAMES);
    const run = (chunks: number): void => {
      for (let i = 0; i < chunks; i++) eachFrame(onFrame);
    };
    return { group: "split", name, isOurs, run };
  };
  return [caseOf("in place", inPlace, true), caseOf("a view per frame", view), caseOf("a copy per frame", copy)];
}

interface Answered {
  readonly sequence: number;
}

const answered: Answered[] = [];
const finish = (request: Answered, answer: number): void => {
  answered[answer & 63] = request;
  sum += answer;
};

class Request implements Answered {
  readonly sequence: number;

  constructor(sequence: number) {
    this.sequence = sequence;
  }
}

/** How the end of a call finds its request: by an object that is passed along, or by functions made for it. */
function closureCases(): MicroCase[] {
  const handle = (input: number): number => input & 1023;
  const passed = (sequence: number): void => {
    const request = new Request(sequence);
    finish(request, handle(sequence));
  };
  const callbacks: ((answer: number) => void)[] = [];
  const closed = (sequence: number): void => {
    const request = new Request(sequence);
    const done = (answer: number): void => finish(request, answer);
    const fail = (error: unknown): void => {
      sum += error === undefined ? 0 : request.sequence;
    };
    callbacks[sequence & 63] = done;
    callbacks[(sequence + 1) & 63] = fail;
    done(handle(sequence));
  };
  const caseOf = (name: string, call: (sequence: number) => void, isOurs = false): MicroCase => {
    const run = (chunks: number): void => {
      for (let i = 0; i < chunks * FRAMES; i++) call(i);
    };
    sum = 0;
    run(1);
    assert.equal(sum, (FRAMES * (FRAMES - 1)) / 2);
    return { group: "closures", name, isOurs, run };
  };
  return [caseOf("a request object passed along", passed, true), caseOf("two functions per call", closed)];
}

function outputCases(): MicroCase[] {
  const pool = new OutputBufferPool(() => new ProtoWriter(16 << 10));
  const pooled = (): Uint8Array => {
    const writer = pool.take();
    for (let i = 0; i < FRAMES; i++) appendRawFrame(writer, head, body);
    const bytes = writer.view();
    pool.give(writer);
    return bytes;
  };
  const fresh = (): Uint8Array => {
    const writer = new ProtoWriter(16 << 10);
    for (let i = 0; i < FRAMES; i++) appendRawFrame(writer, head, body);
    return writer.view();
  };
  const joined = (): Uint8Array => {
    const replies: Uint8Array[] = [];
    for (let i = 0; i < FRAMES; i++) replies.push(encodeFrame(head, body));
    return Buffer.concat(replies);
  };
  const caseOf = (name: string, encode: () => Uint8Array, isOurs = false): MicroCase => {
    assert.deepEqual(Buffer.from(encode()), chunk);
    const run = (chunks: number): void => {
      for (let i = 0; i < chunks; i++) sum += encode().length;
    };
    return { group: "output", name, isOurs, run };
  };
  return [
    caseOf("a writer from a pool", pooled, true),
    caseOf("a writer per flush", fresh),
    caseOf("a buffer per reply, then concat", joined),
  ];
}

/** A connection over loopback; the far end counts what comes. */
class Pipe {
  readonly near: Socket;
  readonly #far: Socket;
  #received = 0;
  #expected = 0;
  #done: () => void = () => undefined;

  private constructor(near: Socket, far: Socket) {
    this.near = near;
    this.#far = far;
    far.on("data", (bytes) => {
      this.#received += bytes.length;
      if (this.#received >= this.#expected) this.#done();
    });
  }

  static async open(): Promise<Pipe> {
    const server = createServer({ noDelay: true }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as { port: number };
    const far = connect({ port, host: "127.0.0.1" });
    const [near] = (await once(server, "connection")) as [Socket];
    server.close();
    return new Pipe(near, far);
  }

  /** Resolves when so many more bytes have come; fewer or more are noticed by the next one. */
  async expect(bytes: number, write: () => void): Promise<void> {
    assert.equal(this.#received, this.#expected);
    this.#expected += bytes;
    const arrived = new Promise<void>((resolve) => {
      this.#done = resolve;
    });
    write();
    await arrived;
  }

  close(): void {
    this.near.destroy();
    this.#far.destroy();
  }
}

function writeCases(pipe: Pipe): MicroCase[] {
  const { near } = pipe;
  const pool = new OutputBufferPool(() => new ProtoWriter(16 << 10));
  const output = new OutputBatcher({ stream: near, pool, address: "far end" });
  const batched = (): void => {
    output.hold();
    for (let i = 0; i < FRAMES; i++) output.open().raw(frame);
    output.release();
  };
  const single = (): void => {
    for (let i = 0; i < FRAMES; i++) near.write(frame);
  };
  const corked = (): void => {
    near.cork();
    for (let i = 0; i < FRAMES; i++) near.write(frame);
    near.uncork();
  };
  const caseOf = (name: string, write: () => void, isOurs = false): MicroCase => {
    const run = async (chunks: number): Promise<void> => {
      for (let i = 0; i < chunks; i++) await pipe.expect(chunk.length, write);
    };
    return { group: "write", name, isOurs, run };
  };
  return [
    caseOf("one write per turn", batched, true),
    caseOf("cork and uncork", corked),
    caseOf("one write per reply", single),
  ];
}

/** All cases, checked for right results. `close` frees their connection. */
export async function openMicroCases(): Promise<{ readonly cases: readonly MicroCase[]; close(): void }> {
  const pipe = await Pipe.open();
  const cases = [...splitCases(), ...closureCases(), ...outputCases(), ...writeCases(pipe)];
  return { cases, close: () => pipe.close() };
}
