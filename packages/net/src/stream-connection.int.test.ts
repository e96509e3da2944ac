import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { PassThrough } from "node:stream";
import { describe, expect, it, onTestFinished } from "vitest";
import {
  attachInput,
  dialTcp,
  listenTcp,
  netError,
  type OutputBuffer,
  OutputBufferPool,
  StreamConnection,
  type StreamConnectionOptions,
  startTimerWheel,
} from "./index.js";

/** The least that a batcher writes to. */
class TextBuffer implements OutputBuffer {
  bytes = Buffer.alloc(1 << 20);
  length = 0;

  get capacityBytes(): number {
    return this.bytes.length;
  }

  add(text: string): void {
    this.length += this.bytes.write(text, this.length);
  }

  view(): Uint8Array {
    return this.bytes.subarray(0, this.length);
  }

  reset(): void {
    this.length = 0;
  }
}

interface Opened {
  connection: StreamConnection<TextBuffer>;
  closed: Promise<unknown>;
}

function open(stream: Socket | PassThrough, options: Partial<StreamConnectionOptions<TextBuffer>> = {}): Opened {
  const wheel = startTimerWheel();
  let onClose: (error: unknown) => void = () => undefined;
  const closed = new Promise<unknown>((resolve) => {
    onClose = resolve;
  });
  const connection = new StreamConnection<TextBuffer>({
    stream,
    pool: new OutputBufferPool(() => new TextBuffer()),
    wheel,
    address: "peer:1",
    consume: (_bytes, start, end) => end - start,
    onClose,
    ...options,
  });
  onTestFinished(() => {
    connection.destroy();
    wheel.stop();
  });
  return { connection, closed };
}

/** A listener that hands out accepted sockets, and a way to connect to it. */
async function startPair(readShared = false): Promise<{ near: Socket; far: Socket }> {
  const accepted: Socket[] = [];
  const listener = await listenTcp({ onConnection: (socket) => void accepted.push(socket) });
  const near = await dialTcp({ ...listener.address, readShared });
  await expect.poll(() => accepted.length).toBe(1);
  onTestFinished(async () => {
    near.destroy();
    accepted[0]!.destroy();
    await listener.close();
  });
  return { near, far: accepted[0]! };
}

describe("StreamConnection", () => {
  it("sends what one turn wrote in one piece, in order, and reuses its buffer", async () => {
    const { near, far } = await startPair();
    const { connection } = open(near);
    const chunks: string[] = [];
    far.on("data", (chunk) => void chunks.push(chunk.toString()));
    const first = connection.output.open();
    for (let i = 0; i < 100; i++) connection.output.open().add(`${i},`);
    await expect.poll(() => chunks.join("").length).toBe(290);
    expect(chunks).toHaveLength(1);
    connection.output.open().add("again");
    expect(connection.output.open()).toBe(first);
    await expect.poll(() => chunks.at(-1)).toBe("again");
  });

  it.each([true, false])("hands out input and reports the end (shared read buffer: %s)", async (readShared) => {
    const { near, far } = await startPair(readShared);
    far.write("early");
    await new Promise((resolve) => setImmediate(resolve));
    let text = "";
    const { closed } = open(near, {
      consume: (bytes, start, end) => {
        text += Buffer.from(bytes.subarray(start, end)).toString();
        return end - start;
      },
    });
    far.write("-late");
    await expect.poll(() => text).toBe("early-late");
    far.end();
    expect(await closed).toBeUndefined();
  });

  it.each([true, false])("reads accepted connections (shared buffer: %s) and counts their end", async (readShared) => {
    const held: Opened[] = [];
    let text = "";
    const listener = await listenTcp({
      readShared,
      maxConnections: 2,
      onConnection: (socket) =>
        void held.push(
          open(socket, {
            consume: (bytes, start, end) => {
              text += Buffer.from(bytes.subarray(start, end)).toString();
              return end - start;
            },
          }),
        ),
    });
    // More in a row than may be open at a time: each must be counted out when it ends.
    for (let i = 0; i < 5; i++) {
      const socket = await dialTcp(listener.address);
      socket.end(`${i};`);
      await once(socket.resume(), "close");
      await held[i]!.closed;
    }
    expect(text).toBe("0;1;2;3;4;");
    await listener.close();
  });

  it.each([true, false])("stops reading from a peer that does not read (shared: %s), and goes on", async (shared) => {
    const { near, far } = await startPair(shared);
    let asked = 0;
    const answer = "x".repeat(1 << 19);
    const { connection } = open(near, {
      limits: { pauseAtQueuedBytes: 1 << 20 },
      consume: (_bytes, start, end) => {
        for (let i = start; i < end; i++) {
          asked++;
          connection.output.open().add(answer);
          connection.output.flush();
        }
        return end - start;
      },
    });
    far.pause();
    const ask = setInterval(() => far.write("?"), 1);
    onTestFinished(() => clearInterval(ask));
    await expect.poll(() => near.isPaused()).toBe(true);
    const askedAtPause = asked;
    expect(connection.output.queuedBytes).toBeLessThan(4 << 20);
    far.resume();
    await expect.poll(() => asked, { timeout: 5000 }).toBeGreaterThan(askedAtPause);
  });

  it("refuses more output when the queue is full", async () => {
    const { near, far } = await startPair();
    far.pause();
    const { connection } = open(near, { limits: { maxQueuedOutputBytes: 1 << 20 } });
    const piece = "x".repeat(1 << 19);
    const flood = (): void => {
      for (let i = 0; i < 100; i++) {
        connection.output.check();
        connection.output.open().add(piece);
        connection.output.flush();
      }
    };
    expect(flood).toThrow(expect.objectContaining({ reason: "NET_OUTPUT_FULL" }));
  });

  it("ends with what consume threw, after the answers that were written", async () => {
    const { near, far } = await startPair();
    const { connection, closed } = open(near, {
      consume: () => {
        connection.output.open().add("bye");
        throw netError({ code: "EPIPE" }, "peer:1");
      },
    });
    let text = "";
    far.on("data", (chunk) => {
      text += chunk.toString();
    });
    far.write("?");
    expect(await closed).toMatchObject({ reason: "NET_RESET" });
    await expect.poll(() => text).toBe("bye");
  });

  it("closes a quiet connection, but not a busy one", async () => {
    const busy = open((await startPair()).near, { limits: { idleTimeoutMs: 20 }, isBusy: () => true });
    const { closed } = open((await startPair()).near, { limits: { idleTimeoutMs: 40 } });
    expect(await closed).toMatchObject({ reason: "NET_IDLE" });
    expect(busy.connection.isOpen).toBe(true);
  });

  it("works on any Duplex, without handing out memory that it reuses", async () => {
    const pipe = new PassThrough();
    const { connection } = open(pipe, { consume: (_bytes, start, end) => end - start });
    pipe.pause();
    connection.output.open().add("one");
    connection.output.flush();
    connection.output.open().add("two");
    connection.output.flush();
    pipe.removeAllListeners("data");
    expect(Buffer.concat([pipe.read() as Buffer]).toString()).toBe("onetwo");
  });
});

describe("dialTcp and listenTcp", () => {
  it("says that nobody listens, or what the signal said", async () => {
    const listener = await listenTcp({ onConnection: (socket) => socket.destroy() });
    const { port } = listener.address;
    await listener.close();
    await expect(dialTcp({ host: "127.0.0.1", port })).rejects.toMatchObject({ reason: "NET_REFUSED" });
    const signal = AbortSignal.abort(new Error("no more"));
    await expect(dialTcp({ host: "127.0.0.1", port: 1, signal })).rejects.toThrow("no more");
  });

  it("names the address that is taken, and frees it on close", async () => {
    const listener = await listenTcp({ onConnection: (socket) => socket.destroy() });
    const { port } = listener.address;
    await expect(listenTcp({ port, onConnection: () => undefined })).rejects.toMatchObject({
      reason: "NET_ADDRESS_IN_USE",
      details: { address: `127.0.0.1:${port}` },
    });
    await listener.close();
    const again = await listenTcp({ port, onConnection: () => undefined });
    expect(again.address.port).toBe(port);
    await again.close();
  });

  it.each([true, false])("closes connections above maxConnections and says so (shared: %s)", async (readShared) => {
    const dropped: string[] = [];
    const held: Socket[] = [];
    const listener = await listenTcp({
      readShared,
      maxConnections: 1,
      onConnection: (socket) => void held.push(socket),
      onDrop: (peer) => void dropped.push(peer),
    });
    const sockets = [connect(listener.address.port, "127.0.0.1"), connect(listener.address.port, "127.0.0.1")];
    await Promise.race(sockets.map((socket) => once(socket.resume(), "close")));
    expect(dropped).toHaveLength(1);
    for (const socket of [...sockets, ...held]) socket.destroy();
    await listener.close();
  });
});

describe("netError", () => {
  it.each([
    ["ECONNREFUSED", "NET_REFUSED"],
    ["EPIPE", "NET_RESET"],
    ["EHOSTUNREACH", "NET_UNREACHABLE"],
    ["EADDRNOTAVAIL", "NET_ADDRESS_UNAVAILABLE"],
    ["EACCES", "NET_PERMISSION_DENIED"],
    ["EMFILE", "NET_TOO_MANY_FILES"],
    ["ENOTFOUND", "NET_NAME_UNKNOWN"],
    ["EWHATEVER", "NET_FAILED"],
  ])("converts %s to %s", (code, reason) => {
    expect(netError({ code }, "1.2.3.4:5")).toMatchObject({ reason, details: { address: "1.2.3.4:5" } });
  });

  it("keeps our own errors and looks into an AggregateError", () => {
    const own = netError({ code: "EPIPE" }, "a:1");
    expect(netError(own, "b:2")).toBe(own);
    expect(netError(new AggregateError([{ code: "ECONNREFUSED" }]), "a:1")).toMatchObject({ reason: "NET_REFUSED" });
  });
});

it("attachInput accepts a plain stream", async () => {
  const pipe = new PassThrough();
  let text = "";
  attachInput(pipe, (bytes, start, end) => {
    text += Buffer.from(bytes.subarray(start, end)).toString();
  });
  pipe.write("hello");
  await expect.poll(() => text).toBe("hello");
});
