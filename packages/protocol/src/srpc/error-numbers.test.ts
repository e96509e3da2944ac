import { AppError, ERROR_CODES, type ErrorCode } from "@msec/core";
import { describe, expect, it } from "vitest";
import { FrameBadEnd, FrameTooLarge, ProtoMessageMalformed, ProtoRequiredFieldMissing } from "../errors.js";
import { colorId } from "./color-id.js";
import { codeOfErrorNumber, remoteErrorOf, SRPC_ERROR_NUMBERS, srpcErrorText, wireErrorOf } from "./error-numbers.js";
import { createHead } from "./head.js";

const codes = Object.keys(ERROR_CODES) as ErrorCode[];

describe("colorId", () => {
  it.each([
    ["echo.EchoService.Echo", 1154275343],
    ["", 5381],
    ["a", 177670],
  ])("of %j is %i", (name, want) => {
    expect(colorId(name)).toBe(want);
  });
});

describe("error numbers", () => {
  it.each([
    [0, "success"],
    [-1, "invalid parameter"],
    [-12, "recevice timeout"],
    [-21, "python error"],
    [-106, "resource exhausted"],
    [-1000, "unkown error"],
    [5, "unkown error"],
  ])("%i reads %s", (err, text) => {
    expect(srpcErrorText(err)).toBe(text);
  });

  it("has the whole table of the original", () => {
    const numbers = Object.keys(SRPC_ERROR_NUMBERS).map(Number);
    expect(numbers.sort((a, b) => b - a)).toEqual(Array.from({ length: 21 }, (_, index) => -1 - index));
  });

  it.each(codes)("%s survives the wire with reason and text", (code) => {
    const { err, reason, errMsg } = wireErrorOf(
      new AppError({ code, reason: "SHOP_CLOSED", message: "come back", details: {} }),
    );
    const back = remoteErrorOf({ ...createHead(), err, reason, errMsg });
    expect(back).toMatchObject({ code, reason: "SHOP_CLOSED", message: "come back", details: { err } });
  });

  it.each([
    [new FrameBadEnd({ offset: 1, found: 0 }), -3],
    [new ProtoMessageMalformed({ offset: 1, problem: "x" }), -5],
    [new ProtoRequiredFieldMissing({ field: "a.B.c" }), -8],
    [new FrameTooLarge({ sizeBytes: 2, limitBytes: 1 }), -109],
    [new Error("internal secret"), -2],
    ["thrown text", -2],
  ])("%s is sent as %i and keeps its code", (error, err) => {
    const wire = wireErrorOf(error);
    expect(wire.err).toBe(err);
    expect(wire.errMsg).not.toContain("secret");
    expect(codeOfErrorNumber(err)).toBe(error instanceof AppError ? error.code : "INTERNAL");
  });

  it.each([
    [{ result: 42 }, 42],
    [{ result: -(2 ** 31) }, -(2 ** 31)],
    [{ result: 2 ** 31 }, 0],
    [{ result: 1.5 }, 0],
    [{ result: "7" }, 0],
    [{}, 0],
  ])("a service's own number %j crosses as result %i", (details, result) => {
    const wire = wireErrorOf(new AppError({ code: "NOT_FOUND", reason: "X", message: "x", details }));
    expect(wire.result).toBe(result);
    const back = remoteErrorOf({ ...createHead(), ...wire });
    expect(back.details).toEqual(result === 0 ? { err: -103 } : { err: -103, result });
  });

  it("cuts long texts", () => {
    const message = "x".repeat(5000);
    expect(wireErrorOf(new AppError({ code: "ABORTED", reason: "X", message, details: {} })).errMsg).toHaveLength(2048);
  });

  it.each([
    [-3, "", "INVALID_ARGUMENT", "the peer answered error -3: invalid package"],
    [-12, "", "DEADLINE_EXCEEDED", "the peer answered error -12: recevice timeout"],
    [-13, "", "UNAVAILABLE", "the peer answered error -13: network sendrecv failed"],
    [-18, "", "UNKNOWN", "the peer answered error -18: service implement failed"],
    [-1000, "Unknown exception!", "UNKNOWN", "Unknown exception!"],
    [42, "", "UNKNOWN", "the peer answered error 42: unkown error"],
  ])("reads %i of an old peer", (err, errMsg, code, message) => {
    const error = remoteErrorOf({ ...createHead(), err, errMsg });
    expect(error).toMatchObject({ code, reason: "RPC_REMOTE_ERROR", message, details: { err } });
  });
});
