/** Valid heads, messages, requests and log events at random, and their bytes. */
import { createHead, encodeHead, ProtoWriter, type RpcHead } from "@msec/protocol";
import fc from "fast-check";
import { text } from "./damaged-bytes.js";
import { KitchenSink } from "./kitchen-sink.js";

const uint32 = fc.nat({ max: 0xffff_ffff });

const FIELD_VALUES: Partial<Record<keyof RpcHead, fc.Arbitrary<number | string>>> = {
  err: fc.integer(),
  result: fc.integer(),
  errMsg: text,
  caller: text.map((value) => value.replace(/\0+$/, "")),
  methodName: text,
  reason: text,
};

/** Every field of a head; those not named above are unsigned 32-bit numbers. */
export const heads = fc.record(
  Object.fromEntries(
    (Object.keys(createHead()) as (keyof RpcHead)[]).map((name) => [name, FIELD_VALUES[name] ?? uint32]),
  ),
) as fc.Arbitrary<unknown> as fc.Arbitrary<RpcHead>;

export function headBytes(head: RpcHead): Uint8Array {
  const writer = new ProtoWriter(4);
  encodeHead(head, writer);
  return writer.finish();
}

export function messageBytes(message: Record<string, unknown>): Uint8Array {
  const writer = new ProtoWriter(4);
  KitchenSink.encode(message, writer);
  return writer.finish();
}

const utf8 = new TextEncoder();
export const requestText = fc
  .record({
    method: fc.constantFrom("/a.b.C", "/?methodName=a.b.C", "/x", "/invoke?methodName=a.b.C&param=%7B%7D"),
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

export const logEvents = fc.record({
  headers: fc
    .dictionary(text, text, { maxKeys: 4, noNullPrototype: true })
    .map((headers) => new Map(Object.entries(headers))),
  body: text,
});
