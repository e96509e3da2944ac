/**
 * The floor: SRPC frames are split in place in one shared read buffer, a fixed head and the body are copied back, and all replies of a
 * chunk leave in one write. No message object, no method lookup, no context, no metrics, no limits, no deadline. The client is as bare.
 */
import { once } from "node:events";
import { type AddressInfo, createServer, Socket } from "node:net";
import { type Caller, type EchoDone, type OpenOptions, type Peer, roundRobin, type ServeOptions } from "./peer.js";

/** 43 bytes as the original's heads have them; the call's number is in the first four, little-endian. */
const HEAD_BYTES = 43;
const REPLY_HEAD = Buffer.alloc(HEAD_BYTES, 7);
const BODY_PREFIX_BYTES = 2;
const PREFIX_BYTES = 9;
const OUTPUT_BYTES = 256 << 10;
const RING_SIZE = 1 << 12;

/** Frames on their way out; one write takes all of a turn. The buffer is used again when the kernel has taken everything. */
class Output {
  readonly #socket: Socket;
  bytes = Buffer.allocUnsafe(OUTPUT_BYTES);
  length = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** Writes the prefix of a frame. @returns where its head starts */
  open(headBytes: number, bodyBytes: number): number {
    const size = PREFIX_BYTES + headBytes + bodyBytes + 1;
    if (this.length + size > OUTPUT_BYTES) this.flush();
    const { bytes, length } = this;
    bytes[length] = 0x28;
    bytes.writeUInt32BE(headBytes, length + 1);
    bytes.writeUInt32BE(bodyBytes, length + 5);
    bytes[length + size - 1] = 0x29;
    this.length += size;
    return length + PREFIX_BYTES;
  }

  flush(): void {
    if (this.length === 0) return;
    this.#socket.write(this.bytes.subarray(0, this.length));
    if (this.#socket.writableLength > 0) this.bytes = Buffer.allocUnsafe(OUTPUT_BYTES);
    this.length = 0;
  }
}

type OnFrame = (input: Buffer, headStart: number, bodyStart: number, bodyEnd: number) => void;

/** Splits in place; what is left of an incomplete frame is kept for the next chunk. */
function createSplitter(onFrame: OnFrame): (chunk: Buffer, length: number) => void {
  let rest: Buffer | undefined;
  return (chunk, length) => {
    const input = rest === undefined ? chunk : Buffer.concat([rest, chunk.subarray(0, length)]);
    const end = rest === undefined ? length : input.length;
    let pos = 0;
    while (end - pos > PREFIX_BYTES) {
      if (input[pos] !== 0x28) throw new Error("not a frame");
      const bodyStart = pos + PREFIX_BYTES + input.readUInt32BE(pos + 1);
      const bodyEnd = bodyStart + input.readUInt32BE(pos + 5);
      if (bodyEnd + 1 > end) break;
      onFrame(input, pos + PREFIX_BYTES, bodyStart, bodyEnd);
      pos = bodyEnd + 1;
    }
    rest = pos < end ? Buffer.from(input.subarray(pos, end)) : undefined;
  };
}

const shared = Buffer.allocUnsafeSlow(64 << 10);

function serveSocket(accepted: Socket): void {
  const internals = accepted as unknown as { _handle: object | null };
  const handle = internals._handle;
  internals._handle = null;
  const callback = (length: number): boolean => {
    split(shared, length);
    output.flush();
    return true;
  };
  // `handle` and `onread` are options of the constructor that the type definitions leave out.
  const socket = new Socket({ handle, onread: { buffer: shared, callback } } as never);
  const output = new Output(socket);
  const split = createSplitter((input, headStart, bodyStart, bodyEnd) => {
    const at = output.open(HEAD_BYTES, bodyEnd - bodyStart);
    output.bytes.set(REPLY_HEAD, at);
    for (let i = 0; i < 4; i++) output.bytes[at + i] = input[headStart + i]!;
    output.bytes.set(input.subarray(bodyStart, bodyEnd), at + HEAD_BYTES);
  });
  socket.on("error", () => socket.destroy());
  socket.resume();
}

async function serve({ port }: ServeOptions): Promise<number> {
  const server = createServer({ noDelay: true, pauseOnConnect: true }, serveSocket);
  server.listen({ port, host: "127.0.0.1", backlog: 1024 });
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

class Connection {
  readonly #socket: Socket;
  readonly #output: Output;
  readonly #waiting: (EchoDone | undefined)[] = new Array<EchoDone | undefined>(RING_SIZE).fill(undefined);
  #sequence = 0;
  #isReading = false;
  #isScheduled = false;

  constructor(port: number) {
    const callback = (length: number): boolean => {
      this.#isReading = true;
      split(shared, length);
      this.#isReading = false;
      this.#output.flush();
      return true;
    };
    this.#socket = new Socket({ onread: { buffer: shared, callback } } as never);
    const split = createSplitter((input, headStart, bodyStart, bodyEnd) => {
      const slot = input.readUInt32LE(headStart) & (RING_SIZE - 1);
      const done = this.#waiting[slot];
      this.#waiting[slot] = undefined;
      done?.(undefined, input.toString("latin1", bodyStart + BODY_PREFIX_BYTES, bodyEnd));
    });
    this.#socket.connect({ port, host: "127.0.0.1", noDelay: true });
    this.#output = new Output(this.#socket);
    this.#socket.on("error", (error) => {
      for (const done of this.#waiting.splice(0)) done?.(error, undefined);
    });
  }

  call(text: string, done: EchoDone): void {
    const sequence = this.#sequence++;
    this.#waiting[sequence & (RING_SIZE - 1)] = done;
    const at = this.#output.open(HEAD_BYTES, BODY_PREFIX_BYTES + text.length);
    const { bytes } = this.#output;
    bytes.set(REPLY_HEAD, at);
    bytes.writeUInt32LE(sequence >>> 0, at);
    bytes[at + HEAD_BYTES] = 10;
    bytes[at + HEAD_BYTES + 1] = text.length;
    bytes.write(text, at + HEAD_BYTES + BODY_PREFIX_BYTES, "latin1");
    if (this.#isReading || this.#isScheduled) return;
    this.#isScheduled = true;
    process.nextTick(() => {
      this.#isScheduled = false;
      this.#output.flush();
    });
  }
}

async function open({ port, connections }: OpenOptions): Promise<Caller> {
  const next = roundRobin(Array.from({ length: connections }, () => new Connection(port)));
  return { kind: "callback", call: (text, done) => next().call(text, done) };
}

/** See the head of this file. */
export const floor: Peer = { serve, open };
