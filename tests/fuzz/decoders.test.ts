/**
 * Every decoder against arbitrary and damaged bytes, every codec round trip, every stream cut at random places. A failure prints seed
 * and path; repeat it with MSEC_FUZZ_SEED. MSEC_FUZZ_MS is the time per property (default 600 ms).
 */
import { isAppError } from "@msec/core";
import {
  checkPackage,
  createHead,
  decodeBase64,
  decodeHead,
  decodeLogEvent,
  decodeQueueRecord,
  encodeBase64,
  encodeFrame,
  encodeHead,
  encodeLogEvent,
  encodeQueueRecord,
  frameLength,
  HttpRequestParser,
  type JsonValue,
  LogEventReader,
  messageFromJson,
  messageFromJsonText,
  messageToJson,
  messageToJsonText,
  monitorFrameLength,
  monitorMessages,
  ProtoWriter,
  parseJsonText,
  type RpcHead,
} from "@msec/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { KitchenSink, kitchenSinks } from "./kitchen-sink.js";

const seed = process.env.MSEC_FUZZ_SEED;
fc.configureGlobal({
  numRuns: 20_000,
  interruptAfterTimeLimit: Number(process.env.MSEC_FUZZ_MS ?? 600),
  ...(seed === undefined ? {} : { seed: Number(seed) }),
});
const TIMEOUT_MS = 60_000 + Number(process.env.MSEC_FUZZ_MS ?? 0) * 2;

const uint32 = fc.nat({ max: 0xffff_ffff });
const text = fc.string({ unit: "grapheme", maxLength: 50 });
const heads: fc.Arbitrary<RpcHead> = fc.record({
  sequenceHigh: uint32,
  sequenceLow: uint32,
  coloring: uint32,
  colorIdHigh: uint32,
  colorIdLow: uint32,
  flowIdHigh: uint32,
  flowIdLow: uint32,
  err: fc.integer(),
  result: fc.integer(),
  errMsg: text,
  caller: text.map((value) => value.replace(/\0+$/, "")),
  methodName: text,
  timeoutMs: uint32,
  attempt: uint32,
  spanIdHigh: uint32,
  spanIdLow: uint32,
  parentSpanIdHigh: uint32,
  parentSpanIdLow: uint32,
  reason: text,
});

function headBytes(head: RpcHead): Uint8Array {
  const writer = new ProtoWriter(4);
  encodeHead(head, writer);
  return writer.finish();
}

function messageBytes(message: Record<string, unknown>): Uint8Array {
  const writer = new ProtoWriter(4);
  KitchenSink.encode(message, writer);
  return writer.finish();
}

/** Valid bytes with some replaced, removed or added: gets deeper into a decoder than noise does. */
function damaged(valid: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> {
  const edit = fc.record({ at: fc.nat(), byte: fc.nat({ max: 255 }), kind: fc.constantFrom("set", "cut", "insert") });
  return fc.tuple(valid, fc.array(edit, { minLength: 1, maxLength: 4 })).map(([bytes, edits]) => {
    const result = [...bytes];
    for (const { at, byte, kind } of edits) {
      const index = at % (result.length + 1);
      if (kind === "set") result[index] = byte;
      else if (kind === "cut") result.splice(index, 1 + (byte % 4));
      else result.splice(index, 0, byte);
    }
    return Uint8Array.from(result);
  });
}

const utf8 = new TextEncoder();
const requestText = fc
  .record({
    method: fc.constantFrom("/a.b.C", "/?methodName=a.b.C", "/x"),
    headers: fc.uniqueArray(
      fc.constantFrom("caller: x", "Expect: 100-continue", "x-msec-timeout-ms: 5", "Connection: close", "X:"),
      { maxLength: 4 },
    ),
    body: fc.string({ unit: "grapheme", maxLength: 60 }),
    chunked: fc.boolean(),
  })
  .map(({ method, headers, body, chunked }) => {
    const size = utf8.encode(body).length;
    const framing = chunked ? "Transfer-Encoding: chunked" : `Content-Length: ${size}`;
    const content = chunked ? `${size > 0 ? `${size.toString(16)}\r\n${body}\r\n` : ""}0\r\n\r\n` : body;
    return `POST ${method} HTTP/1.1\r\n${[...headers, framing].join("\r\n")}\r\n\r\n${content}`;
  });

const logEvents = fc.record({
  headers: fc
    .dictionary(text, text, { maxKeys: 4, noNullPrototype: true })
    .map((headers) => new Map(Object.entries(headers))),
  body: text,
});

/** Runs a decoder; anything thrown but an AppError fails. */
function survives(run: () => unknown): void {
  try {
    run();
  } catch (error) {
    if (!isAppError(error)) throw error;
  }
}

/** What JSON.parse would have made of it. */
function withoutBigints(value: JsonValue): unknown {
  if (typeof value === "bigint") return Number(value);
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(withoutBigints);
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, withoutBigints(part)]));
}

function drain(parser: { push(bytes: Uint8Array): void; next(): unknown }, bytes: Uint8Array): unknown[] {
  parser.push(bytes);
  const items: unknown[] = [];
  for (let item = parser.next(); item !== undefined; item = parser.next()) items.push(item);
  return items;
}

/** Cuts `bytes` at the given places. */
function pieces(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const places = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  return places.map((end, index) => bytes.subarray(index === 0 ? 0 : places[index - 1], end));
}

const noise = fc.uint8Array({ maxLength: 120 });
const cuts = fc.array(fc.nat(), { maxLength: 12 });

const hostile: [string, fc.Arbitrary<Uint8Array>, (bytes: Uint8Array) => unknown][] = [
  ["frameLength", damaged(heads.map((head) => encodeFrame(head))), (b) => frameLength(b, 0, b.length, 1 << 20)],
  ["checkPackage", damaged(heads.map((head) => encodeFrame(head))), (b) => checkPackage(b)],
  ["decodeHead", damaged(heads.map(headBytes)), (b) => decodeHead(b, 0, b.length, createHead())],
  ["message decode", damaged(kitchenSinks.map(messageBytes)), (b) => KitchenSink.decode(b)],
  ["monitor query", damaged(kitchenSinks.map(messageBytes)), (b) => monitorMessages.ReqMonitor.decode(b)],
  ["monitorFrameLength", noise, (b) => monitorFrameLength(b, 0, b.length)],
  [
    "queue record",
    damaged(fc.constant(encodeQueueRecord({ kind: "add", service: "A.B", attribute: "c", value: 1 }))),
    (b) => decodeQueueRecord(b),
  ],
  ["log event", damaged(logEvents.map((e) => encodeLogEvent(e.headers, e.body).slice(4))), (b) => decodeLogEvent(b)],
  [
    "log stream",
    damaged(logEvents.map((e) => encodeLogEvent(e.headers, e.body))),
    (b) => drain(new LogEventReader(), b),
  ],
  [
    "HTTP request",
    damaged(requestText.map((value) => utf8.encode(value))),
    (b) => drain(new HttpRequestParser({ maxBodyBytes: 200 }), b),
  ],
  [
    "JSON text",
    damaged(kitchenSinks.map((message) => utf8.encode(messageToJsonText(KitchenSink, message)))),
    (b) => messageFromJsonText(KitchenSink, new TextDecoder().decode(b)),
  ],
];

describe("nothing but an AppError is thrown", () => {
  it.each(hostile)("%s", { timeout: TIMEOUT_MS }, (_name, valid, decode) => {
    fc.assert(fc.property(fc.oneof(noise, valid), (bytes) => survives(() => decode(bytes))));
  });

  it("JSON values of any shape", { timeout: TIMEOUT_MS }, () => {
    const shaped = fc.dictionary(
      fc.constantFrom("id", "color", "child", "children", "opt_int64", "list_bytes"),
      fc.jsonValue(),
    );
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), shaped), (value) => survives(() => messageFromJson(KitchenSink, value))),
    );
  });

  it("messages of any shape", { timeout: TIMEOUT_MS }, () => {
    const anything = fc.dictionary(
      fc.constantFrom("id", "color", "child", "opt_int64", "list_bytes", "opt_string"),
      fc.anything(),
    );
    fc.assert(
      fc.property(anything, (message) => {
        survives(() => messageBytes(message));
        survives(() => messageToJson(KitchenSink, message));
      }),
    );
  });
});

describe("what was encoded is decoded", () => {
  it("heads", { timeout: TIMEOUT_MS }, () => {
    fc.assert(
      fc.property(heads, (head) => {
        const bytes = headBytes(head);
        const into = createHead();
        decodeHead(bytes, 0, bytes.length, into);
        expect(into).toEqual(head);
      }),
    );
  });

  it("messages", { timeout: TIMEOUT_MS }, () => {
    fc.assert(
      fc.property(kitchenSinks, (message) => {
        expect(KitchenSink.decode(messageBytes(message))).toEqual(message);
      }),
    );
  });

  it("messages through JSON text", { timeout: TIMEOUT_MS }, () => {
    fc.assert(
      fc.property(kitchenSinks, (message) => {
        const json = messageToJsonText(KitchenSink, message);
        expect(messageFromJsonText(KitchenSink, json)).toEqual(message);
        expect(messageFromJson(KitchenSink, JSON.parse(json))).toEqual(message);
      }),
    );
  });

  it("JSON text as JSON.parse reads it", { timeout: TIMEOUT_MS }, () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), fc.nat({ max: 3 }), (value, indent) => {
        const json = JSON.stringify(value, null, indent);
        expect(withoutBigints(parseJsonText(json))).toEqual(JSON.parse(json));
      }),
    );
  });

  it("base64", { timeout: TIMEOUT_MS }, () => {
    fc.assert(
      fc.property(noise, (bytes) => {
        expect(encodeBase64(bytes)).toBe(Buffer.from(bytes).toString("base64"));
        expect(decodeBase64(encodeBase64(bytes))).toEqual(bytes);
      }),
    );
  });

  it("log events", { timeout: TIMEOUT_MS }, () => {
    fc.assert(
      fc.property(logEvents, ({ headers, body }) => {
        expect(decodeLogEvent(encodeLogEvent(headers, body).slice(4))).toEqual({ headers, body });
      }),
    );
  });
});

describe("a stream may be cut anywhere", () => {
  it("HTTP requests", { timeout: TIMEOUT_MS }, () => {
    fc.assert(
      fc.property(fc.array(requestText, { maxLength: 3 }), cuts, (requests, places) => {
        const bytes = utf8.encode(requests.join(""));
        const whole = drain(new HttpRequestParser({ maxBodyBytes: 1000 }), bytes);
        const parser = new HttpRequestParser({ maxBodyBytes: 1000 });
        expect(pieces(bytes, places).flatMap((piece) => drain(parser, piece))).toEqual(whole);
        expect(whole).toHaveLength(requests.length);
      }),
    );
  });

  it("log events", { timeout: TIMEOUT_MS }, () => {
    fc.assert(
      fc.property(fc.array(logEvents, { maxLength: 4 }), cuts, (events, places) => {
        const bytes = Buffer.concat(events.map(({ headers, body }) => encodeLogEvent(headers, body)));
        const reader = new LogEventReader();
        expect(pieces(bytes, places).flatMap((piece) => drain(reader, piece))).toEqual(events);
      }),
    );
  });

  it("SRPC frames", { timeout: TIMEOUT_MS }, () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(heads, noise), { maxLength: 4 }), cuts, (frames, places) => {
        const encoded = frames.map(([head, body]) => encodeFrame(head, body));
        const bytes = Buffer.concat(encoded);
        const lengths: number[] = [];
        let pos = 0;
        let arrived = 0;
        for (const piece of pieces(bytes, places)) {
          arrived += piece.length;
          for (
            let n = frameLength(bytes, pos, arrived, 1 << 20);
            n > 0;
            n = frameLength(bytes, pos, arrived, 1 << 20)
          ) {
            lengths.push(n);
            pos += n;
          }
        }
        expect(lengths).toEqual(encoded.map((frame) => frame.length));
      }),
    );
  });
});
