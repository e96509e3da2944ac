import { LengthPrefixInvalid, ProtoMessageMalformed, ProtoRequiredFieldMissing } from "../errors.js";
import { ProtoWriter } from "../protobuf/writer.js";
import { decodeLogEvent, type FlumeEvent, LOG_EVENT_MAX_BYTES, LOG_PREFIX_BYTES } from "./log-event.js";

/**
 * Takes log events out of a byte stream cut anywhere. An event that can't be decoded is counted and passed over, since its length is
 * known; a wrong length ends the connection.
 */
export class LogEventReader {
  /** Events passed over so far. */
  malformedCount = 0;
  readonly #maxEventBytes: number;
  readonly #input = new ProtoWriter(1024);
  #pos = 0;

  /** @param maxEventBytes largest event without its prefix; checked on the prefix, before the event is buffered */
  constructor(maxEventBytes: number = LOG_EVENT_MAX_BYTES) {
    this.#maxEventBytes = maxEventBytes;
  }

  /** Adds what arrived (copied). Call `next()` until it gives `undefined` before more is pushed. */
  push(bytes: Uint8Array): void {
    if (this.#pos > 0) {
      const { buffer, length } = this.#input;
      buffer.copyWithin(0, this.#pos, length);
      this.#input.truncate(length - this.#pos);
      this.#pos = 0;
    }
    this.#input.raw(bytes);
  }

  /**
   * The next event, or `undefined` when more bytes are needed.
   *
   * @throws PROTO_LENGTH_PREFIX_INVALID the stream can't be resynced
   */
  next(): FlumeEvent | undefined {
    for (;;) {
      const end = this.#eventEnd();
      if (end === undefined) return undefined;
      const start = this.#pos + LOG_PREFIX_BYTES;
      this.#pos = end;
      const event = this.#tryDecode(start, end);
      if (event !== undefined) return event;
      this.malformedCount++;
    }
  }

  #eventEnd(): number | undefined {
    const { buffer, length } = this.#input;
    const pos = this.#pos;
    if (length - pos < LOG_PREFIX_BYTES) return undefined;
    const lengthBytes = buffer[pos]! | (buffer[pos + 1]! << 8) | (buffer[pos + 2]! << 16) | (buffer[pos + 3]! << 24);
    if (lengthBytes < 0 || lengthBytes > this.#maxEventBytes) {
      throw new LengthPrefixInvalid({ protocol: "log", lengthBytes, limitBytes: this.#maxEventBytes });
    }
    const end = pos + LOG_PREFIX_BYTES + lengthBytes;
    return end <= length ? end : undefined;
  }

  #tryDecode(start: number, end: number): FlumeEvent | undefined {
    try {
      return decodeLogEvent(this.#input.buffer, start, end);
    } catch (error) {
      if (error instanceof ProtoMessageMalformed || error instanceof ProtoRequiredFieldMissing) return undefined;
      throw error;
    }
  }
}
