/** Every decoder of bytes against arbitrary and damaged ones, every codec round trip, every stream cut at random places. */
import {
  checkPackage,
  createHead,
  createSrpcProxy,
  decodeAnswerHead,
  decodeBase64,
  decodeHead,
  decodeHopBatch,
  decodeLinkFrame,
  decodeLogEvent,
  decodeQueueRecord,
  encodeBase64,
  encodeFrame,
  encodeLinkFrame,
  encodeLogEvent,
  encodeQueueRecord,
  type FlumeEvent,
  frameLength,
  HttpRequestParser,
  type JsonValue,
  LINK_PREFIX_BYTES,
  LogEventReader,
  linkFrameSize,
  messageFromJson,
  messageFromJsonText,
  messageToJson,
  messageToJsonText,
  monitorFrameLength,
  monitorMessages,
  parseJsonText,
} from "@msec/protocol";
import fc from "fast-check";
import { describe, expect } from "vitest";
import { cuts, damaged, noise, pieces, survives } from "./damaged-bytes.js";
import { fuzz } from "./fuzz-property.js";
import { hopFrames } from "./hop-batches.js";
import { KitchenSink, kitchenSinks } from "./kitchen-sink.js";
import { headBytes, heads, logEvents, messageBytes, requestText } from "./wire-values.js";

const utf8 = new TextEncoder();

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

const linkFrames = fc
  .tuple(fc.nat(), fc.string({ maxLength: 20 }), fc.jsonValue({ maxDepth: 2 }), noise)
  .map(([id, method, params, payload]) => encodeLinkFrame({ kind: "request", id, method, params }, payload));

const requestHeads = heads.map((head) => headBytes({ ...head, err: 0, result: 0, errMsg: "" }));

/** What of a framed log event holds the batch. */
const HOP_BATCH_AT = 10;
const hopBatches = hopFrames.map(({ frame }) => frame.slice(HOP_BATCH_AT));

const sink = { fullName: "a.B.C", name: "C", input: KitchenSink, output: KitchenSink, isIdempotent: false };
const proxy = createSrpcProxy({ caller: "fuzz", method: sink });

const hostile: [string, fc.Arbitrary<Uint8Array>, (bytes: Uint8Array) => unknown][] = [
  ["frameLength", damaged(heads.map((head) => encodeFrame(head))), (b) => frameLength(b, 0, b.length, 1 << 20)],
  ["checkPackage", damaged(heads.map((head) => encodeFrame(head))), (b) => checkPackage(b)],
  ["decodeHead", damaged(heads.map(headBytes)), (b) => decodeHead(b, 0, b.length, createHead())],
  ["decodeAnswerHead", damaged(heads.map(headBytes)), (b) => decodeAnswerHead(b, 0, b.length, createHead())],
  ["message decode", damaged(kitchenSinks.map(messageBytes)), (b) => KitchenSink.decode(b)],
  ["monitor query", damaged(kitchenSinks.map(messageBytes)), (b) => monitorMessages.ReqMonitor.decode(b)],
  ["monitorFrameLength", noise, (b) => monitorFrameLength(b, 0, b.length)],
  [
    "queue record",
    damaged(fc.constant(encodeQueueRecord({ kind: "add", service: "A.B", attribute: "c", value: 1 }))),
    (b) => decodeQueueRecord(b),
  ],
  ["link frame size", damaged(linkFrames), (b) => linkFrameSize(b, 0)],
  ["link frame", damaged(linkFrames), (b) => decodeLinkFrame(b, 0, b.length)],
  ["hop batch", damaged(hopBatches), (b) => decodeHopBatch(b)],
  [
    "SRPC proxy",
    damaged(fc.tuple(heads, noise).map(([head, body]) => encodeFrame(head, body))),
    (b) => expect(proxy.deserialize(b).err !== undefined).toBe(true),
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
  for (const [name, valid, decode] of hostile) {
    fuzz(
      name,
      fc.property(fc.oneof(noise, valid), (bytes) => survives(() => decode(bytes))),
    );
  }

  const shaped = fc.dictionary(
    fc.constantFrom("id", "color", "child", "children", "opt_int64", "list_bytes"),
    fc.jsonValue(),
  );
  fuzz(
    "JSON values of any shape",
    fc.property(fc.oneof(fc.jsonValue(), shaped), (value) => survives(() => messageFromJson(KitchenSink, value))),
  );

  const anything = fc.dictionary(
    fc.constantFrom("id", "color", "child", "opt_int64", "list_bytes", "opt_string"),
    fc.anything(),
  );
  fuzz(
    "messages of any shape",
    fc.property(anything, (message) => {
      survives(() => messageBytes(message));
      survives(() => messageToJson(KitchenSink, message));
    }),
  );
});

describe("the part of a request's head that an answer repeats", () => {
  fuzz(
    "echoed head",
    fc.property(fc.oneof(requestHeads, damaged(requestHeads), damaged(heads.map(headBytes))), (bytes) => {
      survives(() => {
        const whole = createHead();
        const echoEnd = decodeHead(bytes, 0, bytes.length, whole);
        if (echoEnd === 0) return;
        const echoed = createHead();
        decodeHead(bytes, 0, echoEnd, echoed);
        const { sequenceHigh, sequenceLow, flowIdHigh, flowIdLow, caller, methodName } = whole;
        expect(echoed).toMatchObject({ sequenceHigh, sequenceLow, flowIdHigh, flowIdLow, caller, methodName });
        // Nothing of an answer's own can be smuggled in.
        expect(echoed).toMatchObject({ err: 0, result: 0, errMsg: "", reason: "", capabilities: 0, cancel: 0 });
      });
    }),
  );
});

describe("what was encoded is decoded", () => {
  fuzz(
    "heads",
    fc.property(heads, (head) => {
      const bytes = headBytes(head);
      const into = createHead();
      decodeHead(bytes, 0, bytes.length, into);
      expect(into).toEqual(head);
    }),
  );

  fuzz(
    "messages",
    fc.property(kitchenSinks, (message) => {
      expect(KitchenSink.decode(messageBytes(message))).toEqual(message);
    }),
  );

  fuzz(
    "messages through JSON text",
    fc.property(kitchenSinks, (message) => {
      const json = messageToJsonText(KitchenSink, message);
      expect(messageFromJsonText(KitchenSink, json)).toEqual(message);
      expect(messageFromJson(KitchenSink, JSON.parse(json))).toEqual(message);
    }),
  );

  fuzz(
    "JSON text as JSON.parse reads it",
    fc.property(fc.jsonValue({ maxDepth: 5 }), fc.nat({ max: 3 }), (value, indent) => {
      const json = JSON.stringify(value, null, indent);
      expect(withoutBigints(parseJsonText(json))).toEqual(JSON.parse(json));
    }),
  );

  fuzz(
    "base64",
    fc.property(noise, (bytes) => {
      expect(encodeBase64(bytes)).toBe(Buffer.from(bytes).toString("base64"));
      expect(decodeBase64(encodeBase64(bytes))).toEqual(bytes);
    }),
  );

  fuzz(
    "link frames",
    fc.property(linkFrames, (bytes) => {
      const { frame, usedBytes } = decodeLinkFrame(bytes, 0, bytes.length)!;
      expect(usedBytes).toBe(bytes.length);
      expect(encodeLinkFrame(frame.header, frame.payload)).toEqual(bytes);
      expect(linkFrameSize(bytes.subarray(0, LINK_PREFIX_BYTES), 0)).toBe(bytes.length);
    }),
  );

  fuzz(
    "hop batches",
    fc.property(hopFrames, ({ frame, facts }) => {
      const [event] = drain(new LogEventReader(), frame) as FlumeEvent[];
      const records = decodeHopBatch(event!.hops!);
      expect(records.map(({ method, err, calls }) => [method, err, calls.length])).toEqual(
        facts.map(({ method, err, calls }) => [method, err, calls.length]),
      );
    }),
  );

  fuzz(
    "log events",
    fc.property(logEvents, ({ headers, body }) => {
      expect(decodeLogEvent(encodeLogEvent(headers, body).slice(4))).toEqual({ headers, body });
    }),
  );
});

describe("a stream may be cut anywhere", () => {
  fuzz(
    "cut anywhere: HTTP requests",
    fc.property(fc.array(requestText, { maxLength: 3 }), cuts, (requests, places) => {
      const bytes = utf8.encode(requests.join(""));
      const whole = drain(new HttpRequestParser({ maxBodyBytes: 1000 }), bytes);
      const parser = new HttpRequestParser({ maxBodyBytes: 1000 });
      expect(pieces(bytes, places).flatMap((piece) => drain(parser, piece))).toEqual(whole);
      expect(whole).toHaveLength(requests.length);
    }),
  );

  fuzz(
    "cut anywhere: log events",
    fc.property(fc.array(logEvents, { maxLength: 4 }), cuts, (events, places) => {
      const bytes = Buffer.concat(events.map(({ headers, body }) => encodeLogEvent(headers, body)));
      const reader = new LogEventReader();
      expect(pieces(bytes, places).flatMap((piece) => drain(reader, piece))).toEqual(events);
    }),
  );

  fuzz(
    "cut anywhere: SRPC frames",
    fc.property(fc.array(fc.tuple(heads, noise), { maxLength: 4 }), cuts, (frames, places) => {
      const encoded = frames.map(([head, body]) => encodeFrame(head, body));
      const bytes = Buffer.concat(encoded);
      const lengths: number[] = [];
      let pos = 0;
      let arrived = 0;
      for (const piece of pieces(bytes, places)) {
        arrived += piece.length;
        for (let n = frameLength(bytes, pos, arrived, 1 << 20); n > 0; n = frameLength(bytes, pos, arrived, 1 << 20)) {
          lengths.push(n);
          pos += n;
        }
      }
      expect(lengths).toEqual(encoded.map((frame) => frame.length));
    }),
  );
});
