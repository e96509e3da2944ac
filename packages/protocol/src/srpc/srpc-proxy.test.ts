import { describe, expect, it } from "vitest";
import { createMessageType } from "../protobuf/dynamic-type.js";
import type { MessageType } from "../protobuf/message-type.js";
import { createFrameSlice, encodeFrame, sliceFrame } from "./frame.js";
import { createHead } from "./head.js";
import { decodeHead } from "./head-codec.js";
import { createSrpcProxy } from "./srpc-proxy.js";

interface Text {
  text: string;
}
const TextType: MessageType<Text, Text> = createMessageType<Text, Text>("echo.Text", [
  { kind: "scalar", scalar: "string", name: "text", number: 1, label: "required", packed: false },
]);
const method = {
  fullName: "echo.EchoService.Echo",
  name: "Echo",
  input: TextType,
  output: TextType,
  isIdempotent: true,
};
const VECTOR =
  "28000000350000000d50f8acd19101a00100a8018fb0b3a604f001f79ce2b7059203036367699a03156563686f2e4563686f536572766963652e4563686f0a0b68656c6c6f20776f726c6429";
const proxy = createSrpcProxy({ caller: "cgi", method });
const bytes = proxy.serialize({ text: "hello world" }, 305_419_896);

describe("SrpcProxy", () => {
  it("writes the vector of the original byte for byte, but for the id of the request", () => {
    const slice = sliceFrame(bytes, 0, createFrameSlice());
    const head = createHead();
    decodeHead(bytes, slice.headStart, slice.headEnd, head);
    expect(head.flowIdLow).toBe(1_459_129_975);
    const original = encodeFrame({ ...head, flowIdHigh: 0 }, bytes.subarray(slice.bodyStart, slice.bodyEnd));
    expect(Buffer.from(original).toString("hex")).toBe(VECTOR);
    expect(proxy.sequence).toBe(305_419_896);
  });

  it("gives each request an id of its own, also where callers count from 1", () => {
    const ids = new Set<string>();
    for (let n = 0; n < 50; n++) {
      const one = createSrpcProxy({ caller: "cgi", method });
      expect(one.requestId).toBe("");
      one.serialize({ text: "x" }, 1);
      ids.add(one.requestId);
    }
    expect(ids.size).toBe(50);
    for (const id of ids) expect(BigInt(id) & 0xffff_ffffn).toBe(1_154_275_342n);
  });

  it.each([-1, 1.5, Number.NaN, 2 ** 32])("refuses %d as a sequence, and keeps the one before", (sequence) => {
    const own = createSrpcProxy({ caller: "cgi", method });
    own.serialize({ text: "x" }, 2 ** 32 - 1);
    expect(() => own.serialize({ text: "x" }, sequence)).toThrow(
      `srpc.CRpcHead.sequence must be a whole number from 1 to 4294967295, found ${sequence}`,
    );
    expect(own.sequence).toBe(2 ** 32 - 1);
  });

  it("makes up a sequence and tells it", () => {
    const own = createSrpcProxy({ caller: "cgi", method, coloring: true });
    const made = own.serialize({ text: "x" });
    expect(own.sequence).toBeGreaterThan(0);
    expect(own.deserialize(made, own.sequence)).toMatchObject({
      sequence: own.sequence,
      err: 0,
      response: { text: "x" },
    });
  });

  it.each([
    ["nothing", new Uint8Array(0), -1],
    ["ten bytes, whatever they are", new Uint8Array(10), 0],
    ["a wrong first byte", Uint8Array.of(0x29, ...bytes.subarray(1)), -3],
    ["one byte less than a frame", bytes.subarray(0, -1), 0],
    ["a frame", bytes, bytes.length],
    ["a frame and the start of the next", Uint8Array.of(...bytes, 0x28), bytes.length],
    ["a wrong last byte", Uint8Array.of(...bytes.subarray(0, -1), 0), -3],
    ["a negative length", Uint8Array.of(0x28, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 0), -3],
    ["both lengths zero", Uint8Array.of(0x28, 0, 0, 0, 0, 0, 0, 0, 0, 0x29, 0), -3],
  ])("checks the length of %s", (_what, input, wanted) => {
    expect(proxy.checkPackage(input)).toBe(wanted);
  });

  it("refuses answers above its limit as soon as their lengths are there", () => {
    const small = createSrpcProxy({ caller: "cgi", method, maxFrameBytes: 100 });
    const { checkPackage } = small;
    const larger = small.serialize({ text: "x".repeat(100) }, 1);
    expect([bytes, larger, larger.subarray(0, 11)].map((given) => checkPackage(given))).toEqual([bytes.length, -3, -3]);
    expect(small.deserialize(larger)).toMatchObject({ err: -3, reason: "PROTO_FRAME_TOO_LARGE" });
    const endless = Uint8Array.of(0x28, 0, 0, 0, 9, 0x7f, 0, 0, 0, 0, 0);
    expect(proxy.checkPackage(endless)).toBe(-3);
  });

  it("compares sequences when asked to", () => {
    expect(proxy.deserialize(bytes, 1)).toEqual({
      sequence: 305_419_896,
      err: -16,
      errmsg: "invalid sequence",
      reason: "",
      response: undefined,
    });
    expect(proxy.deserialize(bytes).err).toBe(0);
  });

  it("gives the error of an answer to the connection as a whole, whatever sequence was asked for", () => {
    const head = { ...createHead(), err: -3, errMsg: "bad start", reason: "PROTO_FRAME_BAD_START" };
    expect(proxy.deserialize(encodeFrame(head), 7)).toMatchObject({ err: -3, errmsg: "bad start", sequence: 0 });
    expect(proxy.deserialize(encodeFrame({ ...head, sequenceLow: 8 }), 7)).toMatchObject({ err: -16 });
    expect(proxy.deserialize(encodeFrame({ ...head, err: 0 }), 7)).toMatchObject({ err: -16 });
  });

  it("gives the error of an answer, of old peers too", () => {
    const head = {
      ...createHead(),
      sequenceLow: 7,
      methodName: "m",
      err: -106,
      errMsg: "full",
      reason: "RPC_OVERLOADED",
    };
    expect(proxy.deserialize(encodeFrame(head), 7)).toEqual({
      sequence: 7,
      err: -106,
      errmsg: "full",
      reason: "RPC_OVERLOADED",
      response: undefined,
    });
    const old = { ...createHead(), sequenceLow: 7, methodName: "m", err: -6 };
    expect(proxy.deserialize(encodeFrame(old))).toMatchObject({ err: -6, errmsg: "invalid method name", reason: "" });
  });

  it.each([
    ["a frame cut short", bytes.subarray(0, -1), -3, ""],
    ["bytes after the frame", Uint8Array.of(...bytes, 0), -3, ""],
    ["what is no frame", Uint8Array.of(1, 2, 3), -3, "PROTO_FRAME_BAD_START"],
    ["a head that is none", Uint8Array.of(0x28, 0, 0, 0, 1, 0, 0, 0, 0, 0xff, 0x29), -4, "PROTO_MESSAGE_MALFORMED"],
    [
      "a body that is none",
      encodeFrame({ ...createHead(), sequenceLow: 7, methodName: "m" }, Uint8Array.of(0xff)),
      -5,
      "PROTO_MESSAGE_MALFORMED",
    ],
  ])("never throws: %s", (_what, input, err, reason) => {
    expect(proxy.deserialize(input)).toMatchObject({ err, reason, response: undefined });
  });
});
