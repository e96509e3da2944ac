import { describe, expect, it } from "vitest";
import { AppError, defineError, ERROR_CODES, errorFromBody, isAppError, toAppError } from "./app-error.js";

const DiskFull = defineError<{ path: string; freeBytes: number }>(
  "TEST_DISK_FULL",
  "RESOURCE_EXHAUSTED",
  (d) => `${d.path} has ${d.freeBytes} B left`,
);

describe("defineError", () => {
  it("makes a class with one reason, its code and a text", () => {
    const cause = new Error("ENOSPC");
    const error = new DiskFull({ path: "/var", freeBytes: 0 }, { cause });
    expect(error).toBeInstanceOf(DiskFull);
    expect(error).toBeInstanceOf(AppError);
    expect(error).toMatchObject({ name: "AppError", message: "/var has 0 B left", cause });
    expect({ code: DiskFull.code, reason: DiskFull.reason }).toEqual({
      code: "RESOURCE_EXHAUSTED",
      reason: "TEST_DISK_FULL",
    });
    expect(error.toBody()).toEqual({
      code: "RESOURCE_EXHAUSTED",
      reason: "TEST_DISK_FULL",
      message: "/var has 0 B left",
      details: { path: "/var", freeBytes: 0 },
    });
  });

  it("keeps causes and stacks out of what crosses a process boundary", () => {
    const body = new DiskFull({ path: "/", freeBytes: 1 }, { cause: new Error("secret") }).toBody();
    expect(Object.keys(body).toSorted()).toEqual(["code", "details", "message", "reason"]);
    expect(JSON.stringify(body)).not.toContain("secret");
  });
});

describe("ERROR_CODES", () => {
  it("are the 16 of gRPC, each with its own number on the wire, below zero", () => {
    const policies = Object.values(ERROR_CODES);
    expect(policies).toHaveLength(16);
    expect(new Set(policies.map((policy) => policy.rpcNumber)).size).toBe(16);
    for (const { rpcNumber, httpStatus, exitCode } of policies) {
      expect(rpcNumber).toBeLessThan(0);
      expect(httpStatus).toBeGreaterThanOrEqual(400);
      expect(exitCode).toBeGreaterThan(0);
      expect(exitCode).toBeLessThan(256);
    }
  });

  it("let only those be repeated that were not done", () => {
    const retryable = Object.entries(ERROR_CODES).flatMap(([code, policy]) => (policy.retryable ? [code] : []));
    expect(retryable.toSorted()).toEqual(["ABORTED", "RESOURCE_EXHAUSTED", "UNAVAILABLE"]);
  });
});

describe("errorFromBody", () => {
  it("rebuilds what a peer sent", () => {
    const body = new DiskFull({ path: "/", freeBytes: 1 }).toBody();
    const rebuilt = errorFromBody(JSON.parse(JSON.stringify(body)));
    expect(isAppError(rebuilt)).toBe(true);
    expect(rebuilt.toBody()).toEqual(body);
  });

  it.each([
    ["nothing", {}],
    ["wrong types", { code: 7, reason: null, message: [], details: "x" }],
    ["no details", { details: null }],
    ["a code that is none", { code: "TEAPOT" }],
    ["a code that every object has", { code: "toString" }],
  ])("makes UNKNOWN of %s", (_, body) => {
    expect(errorFromBody(body).toBody()).toEqual({
      code: "UNKNOWN",
      reason: "UNKNOWN",
      message: "the peer gave no message",
      details: {},
    });
  });
});

describe("toAppError", () => {
  it("leaves ours as they are", () => {
    const error = new DiskFull({ path: "/", freeBytes: 1 });
    expect(toAppError(error)).toBe(error);
  });

  it.each([new TypeError("secret path"), "a string", undefined])("makes INTERNAL with a fixed text of %s", (thrown) => {
    const error = toAppError(thrown);
    expect(error).toMatchObject({ code: "INTERNAL", reason: "INTERNAL", details: {}, cause: thrown });
    expect(error.message).toBe("internal error; see the log of this process");
    expect(isAppError(thrown)).toBe(false);
  });
});
