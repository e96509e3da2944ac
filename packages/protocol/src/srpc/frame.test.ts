import { describe, expect, it } from "vitest";
import { createFrameSlice, encodeFrame, frameLength, sliceFrame } from "./frame.js";
import { createHead } from "./head.js";
import { decodeHead } from "./head-codec.js";

const VECTOR =
  "28000000350000000d50f8acd19101a00100a8018fb0b3a604f001f79ce2b7059203036367699a03156563686f2e4563686f536572766963652e4563686f0a0b68656c6c6f20776f726c6429";
const head = {
  ...createHead(),
  sequenceLow: 305419896,
  colorIdLow: 1154275343,
  flowIdLow: (1154275343 ^ 305419896) >>> 0,
  caller: "cgi",
  methodName: "echo.EchoService.Echo",
};

describe("encodeFrame", () => {
  it("gives the vector of the specification", () => {
    const body = Uint8Array.from([0x0a, 0x0b, ...new TextEncoder().encode("hello world")]);
    const frame = encodeFrame(head, body);
    expect(Buffer.from(frame).toString("hex")).toBe(VECTOR);
    expect(frameLength(frame, 0, frame.length, 1 << 20)).toBe(76);
    const slice = sliceFrame(frame, 0, createFrameSlice());
    const into = createHead();
    decodeHead(frame, slice.headStart, slice.headEnd, into);
    expect(into).toEqual(head);
    expect(frame.subarray(slice.bodyStart, slice.bodyEnd)).toEqual(body);
  });
});
