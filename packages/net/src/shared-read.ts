/**
 * Reading sockets into one buffer of the process. Node's default allocates 64 KB per chunk; with many connections a shared
 * buffer saves up to 28 % of the CPU per call (findings, "What follows" 3). The bytes are valid until the sink returns.
 */
import { type Server, Socket } from "node:net";
import type { Duplex } from "node:stream";

/** A Duplex; sockets can also end after their queued output has left, and keep the process alive or not. */
export type InputStream = Duplex & { destroySoon?(): void; ref?(): unknown; unref?(): unknown };

export type InputSink = (bytes: Uint8Array, start: number, end: number) => void;

const SHARED_BYTES = 64 << 10;

/** One sink per socket that was opened with a shared buffer. */
class SinkSlot {
  sink: InputSink | undefined;
  /** What arrived before a sink was there. */
  early: Uint8Array[] = [];

  take(bytes: Uint8Array, length: number): void {
    if (this.sink === undefined) this.early.push(Buffer.from(bytes.subarray(0, length)));
    else this.sink(bytes, 0, length);
  }
}

/** Where a socket keeps its slot: a property costs a tenth of a WeakMap, and sockets come and go. */
const SLOT = Symbol("msec.sharedRead");

type WithSlot = Duplex & { [SLOT]?: SinkSlot | undefined };

let sharedBuffer: Uint8Array | undefined;

/** `onread` option for `net.connect` or `new net.Socket`; call `bind` with the socket it was given to. */
export function createSharedRead(): {
  readonly onread: { buffer: Uint8Array; callback(length: number, buffer: Uint8Array): boolean };
  bind(socket: Socket): void;
} {
  const slot = new SinkSlot();
  sharedBuffer ??= Buffer.allocUnsafeSlow(SHARED_BYTES);
  return {
    onread: {
      buffer: sharedBuffer,
      callback: (length, buffer) => {
        slot.take(buffer, length);
        return true;
      },
    },
    bind: (socket) => {
      (socket as WithSlot)[SLOT] = slot;
    },
  };
}

/** Members of Node's sockets and servers that have no public name; checked before use. */
interface SocketInternals {
  _handle?: object | null;
  _server?: Server | null;
  server?: Server | null;
}

interface ServerInternals {
  _handle?: { onconnection?: unknown } | null;
  _connections?: number;
}

type OnHandle = (this: unknown, status: number, handle: object | undefined) => void;

/**
 * Gives an accepted socket the shared buffer. Node has no public way to do so for the server side: the connection is moved to a new
 * socket. Where the internals look different, the socket comes back as it is and works with chunks of its own.
 *
 * @param accepted fresh from the 'connection' event of a server with `pauseOnConnect`
 */
export function adoptSharedRead(accepted: Socket): Socket {
  const old = accepted as unknown as SocketInternals;
  const handle = old._handle;
  const server = old._server;
  if (!canReadShared(handle) || !server) {
    accepted.resume();
    return accepted;
  }
  old._handle = null;
  return openShared(handle, server);
}

/**
 * From now on the connections of a listening server come as sockets with the shared buffer at once, instead of as 'connection' events
 * whose sockets have to be replaced: a second socket is a quarter of what a connection costs here. `maxConnections` and 'drop' stay
 * Node's. Where the internals look different nothing changes.
 */
export function acceptShared(server: Server, onConnection: (socket: Socket) => void): void {
  const internals = server as unknown as ServerInternals;
  const listening = internals._handle;
  if (!listening || typeof listening.onconnection !== "function" || typeof internals._connections !== "number") return;
  const toNode = listening.onconnection as OnHandle;
  listening.onconnection = function (this: unknown, status: number, handle: object | undefined): void {
    const isFull = server.maxConnections > 0 && internals._connections! >= server.maxConnections;
    if (status !== 0 || isFull || !canReadShared(handle)) {
      toNode.call(this, status, handle);
      return;
    }
    internals._connections!++;
    onConnection(openShared(handle, server));
  };
}

function canReadShared(handle: object | null | undefined): handle is object {
  return typeof handle === "object" && handle !== null && "useUserBuffer" in handle;
}

function openShared(handle: object, server: Server): Socket {
  const shared = createSharedRead();
  // `handle` and `onread` are options of the constructor that the type definitions leave out.
  const socket = new Socket({ handle, onread: shared.onread, allowHalfOpen: true } as never);
  shared.bind(socket);
  // The server counts its connections; the count goes down when this socket closes.
  const internals = socket as unknown as SocketInternals;
  internals._server = server;
  internals.server = server;
  return socket;
}

/** Later than `attachInput`, whose caller may still be in its constructor; nothing can be read in between. */
function deliverEarly(slot: SinkSlot): void {
  const { early } = slot;
  slot.early = [];
  for (const bytes of early) slot.take(bytes, bytes.length);
}

/** Sends all input of the stream to `sink`, whichever way the stream delivers it. */
export function attachInput(stream: InputStream, sink: InputSink): void {
  const slot = (stream as WithSlot)[SLOT];
  if (slot === undefined) {
    stream.on("data", (chunk: Buffer) => sink(chunk, 0, chunk.length));
    return;
  }
  slot.sink = sink;
  if (slot.early.length > 0) process.nextTick(() => deliverEarly(slot));
}

/**
 * Calls back once with the first bytes, without using them up: whatever takes the input next (`attachInput` or `unreadInput`) gets
 * them too. For streams that nobody reads yet.
 */
export function peekInput(stream: InputStream, onFirst: (bytes: Uint8Array) => void): void {
  const slot = (stream as WithSlot)[SLOT];
  if (slot !== undefined) {
    slot.sink = (bytes, start, end) => {
      const first = Buffer.from(bytes.subarray(start, end));
      slot.sink = undefined;
      slot.early.push(first);
      onFirst(first);
    };
    return;
  }
  stream.once("data", (first: Buffer) => {
    stream.pause();
    stream.unshift(first);
    onFirst(first);
  });
}

/** Puts what arrived and was not taken back into the stream itself, which from now on delivers its input like any other. */
export function unreadInput(stream: InputStream): void {
  const slot = (stream as WithSlot)[SLOT];
  if (slot === undefined) return;
  (stream as WithSlot)[SLOT] = undefined;
  for (const bytes of slot.early.reverse()) stream.unshift(bytes);
  slot.early = [];
}
