/**
 * Frames over UDP: one datagram is one frame, the answer goes to where the request came from. What is no frame is ignored, since
 * the sender of a datagram can be forged and must not be able to make us talk. Spec: docs/protocols/srpc.md.
 */
import { formatHostPort, type HostPort } from "@msec/core";
import { MAX_DATAGRAM_BYTES, openUdp, type UdpPort } from "@msec/net";
import {
  appendFrame,
  createFrameSlice,
  createHead,
  decodeHead,
  FrameTooLarge,
  frameLength,
  ProtoWriter,
  sliceFrame,
  type WireError,
} from "@msec/protocol";
import { fillReplyHead } from "./reply-head.js";
import type { RequestContext, ServerCore, ServerPeer } from "./server-core.js";
import type { BoundMethod } from "./service-binding.js";

const requestHead = createHead();
const replyHead = createHead();
const slice = createFrameSlice();
const writer = new ProtoWriter(MAX_DATAGRAM_BYTES);

export interface DatagramListener {
  readonly address: HostPort;
  close(): void;
}

/** The sender of one datagram. */
class DatagramPeer implements ServerPeer {
  readonly core: ServerCore;
  readonly address: string;
  readonly localAddress: string;
  readonly arrivedMs: number;
  nowMs: number;
  inFlight = 0;
  readonly watching = new Set<{ abort(): void }>();
  readonly isLost = false;
  readonly #port: UdpPort;
  readonly #from: HostPort;

  constructor(core: ServerCore, port: UdpPort, from: HostPort) {
    this.core = core;
    this.#port = port;
    this.#from = from;
    this.address = formatHostPort(from);
    this.localAddress = formatHostPort(port.address);
    this.arrivedMs = core.clock.monotonicMs();
    this.nowMs = this.arrivedMs;
  }

  answer(ctx: RequestContext, method: BoundMethod, response: unknown): void {
    const size = appendFrame(writer.reset(), fillReplyHead(replyHead, ctx), method.type.output, response);
    if (size > MAX_DATAGRAM_BYTES) throw new FrameTooLarge({ sizeBytes: size, limitBytes: MAX_DATAGRAM_BYTES });
    this.#port.send(writer.finish(), this.#from);
  }

  answerError(ctx: RequestContext, error: WireError): void {
    appendFrame(writer.reset(), fillReplyHead(replyHead, ctx, error));
    this.#port.send(writer.finish(), this.#from);
  }
}

/** @throws NET_ADDRESS_IN_USE and the other reasons of `openUdp` */
export async function openDatagramListener(
  core: ServerCore,
  at: { readonly host?: string; readonly port?: number },
): Promise<DatagramListener> {
  const port = await openUdp({
    ...at,
    onDatagram: (bytes, from) => {
      if (!readFrame(bytes)) return;
      core.dispatch({ peer: new DatagramPeer(core, port, from), head: requestHead, bytes, slice });
    },
    onError: (error) => core.logger.warn("datagram could not be sent", { error }),
  });
  return port;
}

/** True when the datagram is exactly one frame; then head and slice are filled. */
function readFrame(bytes: Uint8Array): boolean {
  try {
    if (frameLength(bytes, 0, bytes.length, MAX_DATAGRAM_BYTES) !== bytes.length || bytes.length === 0) return false;
    sliceFrame(bytes, 0, slice);
    decodeHead(bytes, slice.headStart, slice.headEnd, requestHead);
    return true;
  } catch {
    return false;
  }
}
