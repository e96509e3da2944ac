/**
 * SRPC for programs that bring their own sockets: requests as bytes, bytes as answers. Pure; runs in browsers too.
 * Spec: docs/protocols/srpc.md.
 */
import { random32, toAppError } from "@msec/core";
import { ProtoFieldValueInvalid } from "../errors.js";
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
const MAX_SEQUENCE = 0xffff_ffff;
const MAX_FRAME_BYTES = 16 << 20;

export interface SrpcProxyOptions<I extends MessageType, O extends MessageType> {
  /** Name under which requests are made; callees see and count it. */
  readonly caller: string;
  readonly method: MethodType<I, O>;
  /** Colours all requests: their logs are kept whatever their level. Default false. */
  readonly coloring?: boolean;
  /** Larger answers are refused as soon as their first 11 bytes are there. Default 16 MiB. */
  readonly maxFrameBytes?: number;
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
  /** Id of the last request, under which logs and call graphs show it; "" before the first. Another one each time. */
  readonly requestId: string;
  /**
   * A request as a whole frame; over UDP it is the datagram. Several may be sent before the first answer.
   *
   * @param sequence 1 to 2^32 − 1; default: made up, read it from `sequence`
   * @throws PROTO_REQUIRED_FIELD_MISSING, PROTO_FIELD_VALUE_INVALID
   */
  serialize(request: InitOf<I>, sequence?: number): Uint8Array;
  /**
   * Reads one whole frame, as long as `checkPackage` said, or a datagram. Never throws: what can't be read is an answer with a negative
   * `err` (-3 frame, -4 head, -5 body).
   *
   * @param sequence when given, an answer to another request has `err` -16, but for the last words of a peer that
   *   ends the connection (sequence 0). Answers come in any order: with several requests under way
   *   leave it out, and find the request by the answer's `sequence`
   */
  deserialize(bytes: Uint8Array, sequence?: number): SrpcAnswer<MessageOf<O>>;
  /**
   * @param bytes all that has arrived of a stream and was not read yet
   * @returns the length of the frame at their start; 0 = wait for more; negative = no frame begins here, or a too large one, so close
   *   the connection (-1 also when there are no bytes at all). Up to 10 bytes are 0, whatever they are, so keep a timeout
   */
  checkPackage(bytes: Uint8Array): number;
}

class FrameProxy<I extends MessageType, O extends MessageType> implements SrpcProxy<I, O> {
  sequence = 0;
  requestId = "";
  /** A function of its own, to be handed to a reader of streams. */
  readonly checkPackage: (bytes: Uint8Array) => number;
  readonly #maxFrameBytes: number;
  readonly #method: MethodType<I, O>;
  readonly #head: RpcHead = createHead();

  constructor({ caller, method, coloring = false, maxFrameBytes = MAX_FRAME_BYTES }: SrpcProxyOptions<I, O>) {
    this.checkPackage = (bytes) => checkPackage(bytes, maxFrameBytes);
    this.#maxFrameBytes = maxFrameBytes;
    this.#method = method;
    this.#head.caller = caller;
    this.#head.methodName = method.fullName;
    this.#head.coloring = coloring ? 1 : 0;
    this.#head.colorIdLow = colorId(method.fullName);
  }

  serialize(request: InitOf<I>, sequence = 0): Uint8Array {
    const head = this.#head;
    const writer = new ProtoWriter();
    const own = sequence === 0 ? madeUpSequence() : checkSequence(sequence);
    head.sequenceLow = own;
    // The low half as the original has it; callers that count from 1 would meet in it, so the high half is chance.
    head.flowIdLow = (head.colorIdLow ^ own) >>> 0;
    head.flowIdHigh = random32();
    appendFrame(writer, head, this.#method.input, request);
    this.sequence = own;
    this.requestId = String((BigInt(head.flowIdHigh) << 32n) | BigInt(head.flowIdLow));
    return writer.finish();
  }

  deserialize(bytes: Uint8Array, sequence?: number): SrpcAnswer<MessageOf<O>> {
    const slice = createFrameSlice();
    const head = createHead();
    try {
      if (frameLength(bytes, 0, bytes.length, this.#maxFrameBytes) !== bytes.length)
        throw new Error("the frame is not whole");
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
    // Sequence 0: the peer could not read whose request it was.
    const isOfAll = own === 0 && head.err !== 0;
    if (sequence !== undefined && own !== sequence && !isOfAll) {
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

function madeUpSequence(): number {
  return 1 + (random32() % MAX_SEQUENCE);
}

function checkSequence(sequence: number): number {
  if (Number.isInteger(sequence) && sequence > 0 && sequence <= MAX_SEQUENCE) return sequence;
  const expected = `a whole number from 1 to ${MAX_SEQUENCE}`;
  throw new ProtoFieldValueInvalid({ field: "srpc.CRpcHead.sequence", expected, found: String(sequence) });
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
