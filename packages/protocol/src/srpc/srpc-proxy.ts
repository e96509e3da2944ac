/**
 * SRPC for programs that bring their own sockets: requests as bytes, bytes as answers. Pure; runs in browsers too.
 * Spec: docs/protocols/srpc.md.
 */
import { toAppError } from "@msec/core";
import type { InitOf, MessageOf, MessageType, MethodType } from "../protobuf/message-type.js";
import { ProtoWriter } from "../protobuf/writer.js";
import { colorId } from "./color-id.js";
import { srpcErrorText } from "./error-numbers.js";
import { appendFrame, checkPackage, createFrameSlice, frameLength, sliceFrame } from "./frame.js";
import { createHead, type RpcHead } from "./head.js";
import { decodeHead } from "./head-codec.js";

const ERR_INVALID_PACKAGE = -3;
const ERR_INVALID_HEAD = -4;
const ERR_INVALID_BODY = -5;
const ERR_INVALID_SEQUENCE = -16;

export interface SrpcProxyOptions<I extends MessageType, O extends MessageType> {
  /** Name under which requests are made; callees see and count it. */
  readonly caller: string;
  readonly method: MethodType<I, O>;
  /** Colours all requests: their logs are kept whatever their level. Default false. */
  readonly coloring?: boolean;
}

/** An answer. `err` 0 = ok, and only then there is a `response`. */
export interface SrpcAnswer<T> {
  readonly sequence: number;
  readonly err: number;
  readonly errmsg: string;
  /** The peer's error reason; "" when there is no error or the peer (an old one) gives none. */
  readonly reason: string;
  readonly response: T | undefined;
}

export interface SrpcProxy<I extends MessageType, O extends MessageType> {
  /** Sequence of the last request. */
  readonly sequence: number;
  /**
   * A request as a whole frame.
   *
   * @param sequence 1 to 2^32 − 1; default: made up, read it from `sequence`
   * @throws PROTO_REQUIRED_FIELD_MISSING, PROTO_FIELD_VALUE_INVALID
   */
  serialize(request: InitOf<I>, sequence?: number): Uint8Array;
  /**
   * Reads a whole frame. Never throws: what can't be read is an answer with a negative `err` (-3 frame, -4 head, -5 body).
   *
   * @param sequence when given, an answer to another request has `err` -16
   */
  deserialize(bytes: Uint8Array, sequence?: number): SrpcAnswer<MessageOf<O>>;
  /** Negative = no frame begins here, 0 = incomplete, else the length of the frame at the start of `bytes`. */
  checkPackage(bytes: Uint8Array): number;
}

class FrameProxy<I extends MessageType, O extends MessageType> implements SrpcProxy<I, O> {
  sequence = 0;
  readonly checkPackage = checkPackage;
  readonly #method: MethodType<I, O>;
  readonly #head: RpcHead = createHead();

  constructor({ caller, method, coloring = false }: SrpcProxyOptions<I, O>) {
    this.#method = method;
    this.#head.caller = caller;
    this.#head.methodName = method.fullName;
    this.#head.coloring = coloring ? 1 : 0;
    this.#head.colorIdLow = colorId(method.fullName);
  }

  serialize(request: InitOf<I>, sequence = 0): Uint8Array {
    const head = this.#head;
    const writer = new ProtoWriter();
    this.sequence = sequence === 0 ? 1 + Math.floor(Math.random() * 0xffff_fffe) : sequence >>> 0;
    head.sequenceLow = this.sequence;
    head.flowIdLow = (head.colorIdLow ^ this.sequence) >>> 0;
    appendFrame(writer, head, this.#method.input, request);
    return writer.finish();
  }

  deserialize(bytes: Uint8Array, sequence?: number): SrpcAnswer<MessageOf<O>> {
    const slice = createFrameSlice();
    const head = createHead();
    try {
      if (frameLength(bytes, 0, bytes.length, 0x7fff_ffff) !== bytes.length) throw new Error("the frame is not whole");
      sliceFrame(bytes, 0, slice);
    } catch (error) {
      return failure(ERR_INVALID_PACKAGE, error);
    }
    try {
      decodeHead(bytes, slice.headStart, slice.headEnd, head);
    } catch (error) {
      return failure(ERR_INVALID_HEAD, error);
    }
    const own = head.sequenceHigh * 0x1_0000_0000 + head.sequenceLow;
    const at = { sequence: own, reason: head.reason, response: undefined };
    if (sequence !== undefined && own !== sequence) {
      return { ...at, err: ERR_INVALID_SEQUENCE, errmsg: srpcErrorText(ERR_INVALID_SEQUENCE) };
    }
    if (head.err !== 0) return { ...at, err: head.err, errmsg: head.errMsg || srpcErrorText(head.err) };
    try {
      const response = this.#method.output.decode(bytes, slice.bodyStart, slice.bodyEnd) as MessageOf<O>;
      return { ...at, err: 0, errmsg: "", response };
    } catch (error) {
      return { ...failure(ERR_INVALID_BODY, error), sequence: own };
    }
  }
}

function failure(err: number, error: unknown): SrpcAnswer<never> {
  const { reason } = toAppError(error);
  const problem = error instanceof Error ? error.message : String(error);
  const isOurs = reason !== "INTERNAL";
  return {
    sequence: 0,
    err,
    errmsg: `${srpcErrorText(err)}: ${problem}`,
    reason: isOurs ? reason : "",
    response: undefined,
  };
}

/** Requests and answers of one method as bytes. */
export function createSrpcProxy<I extends MessageType, O extends MessageType>(
  options: SrpcProxyOptions<I, O>,
): SrpcProxy<I, O> {
  return new FrameProxy(options);
}
