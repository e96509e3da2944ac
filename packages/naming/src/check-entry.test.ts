import { describe, expect, it } from "vitest";
import { checkEntry, checkLabels } from "./check-entry.js";
import type { ServiceEntryInput } from "./name-store.js";
import { checkTuning } from "./naming-tuning.js";

const instance = { host: "10.0.0.1", port: 80, transport: "tcp" as const };
const good: ServiceEntryInput = { policy: "adaptive", instances: [instance] };

describe("an entry", () => {
  it.each([
    ["policy", { policy: "x".repeat(33) }, "1 to 32 characters"],
    ["check", { check: "udp" as "tcp" }, "one of none, tcp"],
    ["locality", { locality: "city" as "zone" }, "one of none, zone, rack"],
    ["partition", { partition: 1 as unknown as boolean }, "true or false"],
    ["host", { instances: [{ ...instance, host: "10.0.0" }] }, "an IPv4 or IPv6 address"],
    ["port", { instances: [{ ...instance, port: 65_536 }] }, "1 to 65535"],
    ["weight", { instances: [{ ...instance, weight: 10_001 }] }, "a whole number from 1 to 10000"],
    ["transport", { instances: [{ ...instance, transport: "sctp" as "tcp" }] }, "one of tcp, udp, all"],
    ["zone", { instances: [{ ...instance, zone: "x".repeat(33) }] }, "at most 32 of A-Z a-z 0-9 . _ -"],
    ["rack", { instances: [{ ...instance, rack: "a/b" }] }, "at most 32 of A-Z a-z 0-9 . _ -"],
    ["set", { instances: [{ ...instance, set: "é" }] }, "at most 32 of A-Z a-z 0-9 . _ -"],
    ["instances", { instances: new Array(10_001).fill(instance) }, "at most 10000"],
    ["instances", { instances: [instance, { ...instance, host: "::ffff:10.0.0.1" }] }, "each address once"],
  ])("with a bad %s is refused with the field and its limit", (field, change, rule) => {
    expect(() => checkEntry("A1.B1", { ...good, ...change })).toThrow(
      expect.objectContaining({ reason: "NAME_ENTRY_INVALID", details: expect.objectContaining({ field, rule }) }),
    );
  });

  it("gives labels of a machine their defaults", () => {
    expect(checkLabels({ zone: "eu.west-1_a" })).toEqual({ zone: "eu.west-1_a", rack: "", set: "" });
    expect(() => checkLabels({ set: " " })).toThrow(expect.objectContaining({ reason: "NAME_ENTRY_INVALID" }));
  });
});

describe("tuning", () => {
  it("keeps what is set, in one order", () => {
    const set = { weight_incr_ratio: 0.1, shaping_request_min: 0, success_ratio_base: 1, success_ratio_min: 1 };
    expect(JSON.stringify(checkTuning(set))).toBe(
      '{"shaping_request_min":0,"success_ratio_base":1,"success_ratio_min":1,"weight_incr_ratio":0.1}',
    );
    expect([checkTuning({}), checkTuning(undefined)]).toEqual([undefined, undefined]);
  });

  it.each([
    ["shaping_request_min", 1.5, "a whole number from 0 to 2147483647"],
    ["shaping_request_min", -1, "a whole number from 0 to 2147483647"],
    ["success_ratio_base", 0.00001, "above 0.00001 and at most 1"],
    ["success_ratio_base", 1.1, "above 0.00001 and at most 1"],
    ["success_ratio_min", 0.99, "above 0.00001 and at most 0.98"],
    ["resume_weight_ratio", 0, "above 0.00001 and at most 1"],
    ["dead_retry_ratio", Number.NaN, "above 0.00001 and at most 1"],
    ["weight_low_watermark", 1, "above 0.00001 and below 1"],
    ["weight_low_ratio", 1, "above 0.00001 and below 1"],
    ["weight_incr_ratio", 1, "above 0.00001 and below 1"],
  ])("%s %d is refused", (key, value, rule) => {
    expect(() => checkTuning({ [key]: value })).toThrow(
      expect.objectContaining({ details: expect.objectContaining({ field: `tuning.${key}`, rule }) }),
    );
  });

  it("knows no other keys", () => {
    expect(() => checkTuning({ ratio: 1 } as object)).toThrow(
      expect.objectContaining({ reason: "NAME_ENTRY_INVALID" }),
    );
  });
});
