import { describe, expect, it } from "vitest";
import { createMessageType } from "../protobuf/dynamic-type.js";
import { ProtoWriter } from "../protobuf/writer.js";
import { appendFrame, appendRawFrame, createFrameSlice, encodeFrame, frameLength, sliceFrame } from "./frame.js";
import { createHead } from "./head.js";
import { decodeHead } from "./head-codec.js";

const VECTOR =
  "28000000350000000d50f8acd19101a00100a8018fb0b3a604f001f79ce2b7059203036367699a03156563686f2e4563686f536572766963652e4563686f0a0b68656c6c6f20776f726c6429";
const head = {
  ...createHead(),
  sequenceLow: 305419896,
  colorIdLow: 1154275343,
  flowIdLow: 1459129975,
  caller: "cgi",
  methodName: "echo.EchoService.Echo",
};
const body = Uint8Array.from([0x0a, 0x0b, ...new TextEncoder().encode("hello world")]);
const Echo = createMessageType("echo.Request", [
  { name: "text", number: 1, label: "required", packed: false, kind: "scalar", scalar: "string" },
]);
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

describe("encodeFrame", () => {
  it("gives the vector of the specification", () => {
    const frame = encodeFrame(head, body);
    expect(hex(frame)).toBe(VECTOR);
    expect(frameLength(frame, 0, frame.length, 1 << 20)).toBe(76);
    const slice = sliceFrame(frame, 0, createFrameSlice());
    const into = createHead();
    decodeHead(frame, slice.headStart, slice.headEnd, into);
    expect(into).toEqual(head);
    expect(frame.subarray(slice.bodyStart, slice.bodyEnd)).toEqual(body);
  });
});

describe("appendFrame", () => {
  it("encodes in place behind what is there", () => {
    const writer = new ProtoWriter(4).byte(0xee);
    expect(appendFrame(writer, head, Echo, { text: "hello world" })).toBe(76);
    expect(appendRawFrame(writer, head, body)).toBe(76);
    expect(hex(writer.view())).toBe(`ee${VECTOR}${VECTOR}`);
  });

  it("writes no body without a type", () => {
    const writer = new ProtoWriter();
    expect(appendFrame(writer, head)).toBe(63);
    expect(sliceFrame(writer.view(), 0, createFrameSlice())).toEqual({
      headStart: 9,
      headEnd: 62,
      bodyStart: 62,
      bodyEnd: 62,
    });
  });

  it("leaves the writer as it was when the body is refused", () => {
    const writer = new ProtoWriter(4).byte(0xee);
    expect(() => appendFrame(writer, head, Echo, {})).toThrow("required field echo.Request.text is not set");
    expect(hex(writer.view())).toBe("ee");
    appendFrame(writer, head, Echo, { text: "hello world" });
    expect(hex(writer.view())).toBe(`ee${VECTOR}`);
  });
});

describe("frameLength", () => {
  it("tells sizes and limits in its errors", () => {
    const frame = encodeFrame(head, body);
    expect(() => frameLength(frame, 0, 9, 75)).toThrow("a frame of 76 bytes exceeds maxFrameBytes 75");
    expect(() => frameLength(Uint8Array.of(0x47), 0, 1, 75)).toThrow("byte 0 is 0x47, a frame starts with 0x28");
    expect(() => frameLength(new Uint8Array([0x28, 255, 255, 255, 255, 0, 0, 0, 1]), 0, 9, 75)).toThrow(
      "announces -1 head and 1 body bytes",
    );
    frame[75] = 0;
    expect(() => frameLength(frame, 0, 76, 76)).toThrow("byte 75 is 0x0, a frame ends with 0x29");
  });
});
