/**
 * Writes to a socket past Node's stream layer. Where nothing can be batched (one call in flight per connection), a write through the
 * layer costs about a tenth of the whole call: state checks, a request object, a callback and a tick for each.
 *
 * It leans on parts of Node without a public name. They are looked at first; where they look different there is no direct output, and
 * callers write to the stream.
 */
import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { getSystemErrorName } from "node:util";

/** What libuv needs while a write waits; `oncomplete` and `pending` are only looked at then. */
interface WriteRequest {
  oncomplete?: (status: number) => void;
  /** Keeps the memory alive that the kernel has not read. */
  pending?: Uint8Array;
}

interface StreamBinding {
  readonly WriteWrap: new () => WriteRequest;
  /** Facts about the last write, by index. */
  readonly streamBaseState: Int32Array;
  readonly kLastWriteWasAsync: number;
}

interface SocketHandle {
  /** 0, or a negative error number. What the kernel does not take at once waits in libuv, in order with later writes and the shutdown. */
  writeBuffer(request: WriteRequest, bytes: Uint8Array): number;
}

const binding = findBinding();
/** A request that ended within the call was never looked at, so one serves all of them. */
let spare: WriteRequest | undefined = binding && new binding.WriteWrap();

export class DirectOutput {
  /** Bytes of the write that the kernel has not taken; 0 = the next may be direct. */
  queuedBytes = 0;
  readonly #socket: Socket;
  readonly #binding: StreamBinding;
  readonly #onTaken: () => void;

  private constructor(socket: Socket, binding: StreamBinding, onTaken: () => void) {
    this.#socket = socket;
    this.#binding = binding;
    this.#onTaken = onTaken;
  }

  /** @param onTaken called when a write that had to wait is through */
  static of(stream: Duplex, onTaken: () => void): DirectOutput | undefined {
    return binding !== undefined && isPlainSocket(stream) ? new DirectOutput(stream, binding, onTaken) : undefined;
  }

  /**
   * True: the bytes are on their way, and `queuedBytes` tells whether the memory may be used again. False: nothing was done, write to
   * the stream. An error of the system ends the socket, as one in the stream does.
   */
  write(bytes: Uint8Array): boolean {
    const handle = (this.#socket as unknown as { _handle?: SocketHandle | null })._handle;
    if (!handle || this.queuedBytes > 0 || this.#socket.writableLength > 0 || this.#socket.connecting) return false;
    spare ??= new this.#binding.WriteWrap();
    const request = spare;
    const status = handle.writeBuffer(request, bytes);
    if (status !== 0) this.#socket.destroy(systemError(status));
    else if (this.#binding.streamBaseState[this.#binding.kLastWriteWasAsync] !== 0) this.#await(request, bytes);
    return true;
  }

  #await(request: WriteRequest, bytes: Uint8Array): void {
    spare = undefined;
    this.queuedBytes = bytes.length;
    request.pending = bytes;
    request.oncomplete = (status) => {
      this.queuedBytes = 0;
      if (this.#socket.destroyed) return;
      if (status < 0) this.#socket.destroy(systemError(status));
      else this.#onTaken();
    };
  }
}

/** TCP or a unix socket. TLS packs what is written, and has words of its own at the end. */
export function isPlainSocket(stream: Duplex): stream is Socket {
  return stream instanceof Socket && (stream as { encrypted?: boolean }).encrypted !== true;
}

function findBinding(): StreamBinding | undefined {
  try {
    const { binding: open } = process as unknown as { binding?: (name: string) => Partial<StreamBinding> };
    const found = open?.("stream_wrap");
    const looksKnown =
      typeof found?.WriteWrap === "function" &&
      found.streamBaseState instanceof Int32Array &&
      typeof found.kLastWriteWasAsync === "number" &&
      found.kLastWriteWasAsync < found.streamBaseState.length;
    return looksKnown ? (found as StreamBinding) : undefined;
  } catch {
    // Node's permission model denies it.
    return undefined;
  }
}

function systemError(status: number): Error {
  const code = getSystemErrorName(status);
  return Object.assign(new Error(`write ${code}`), { code, errno: status, syscall: "write" });
}
