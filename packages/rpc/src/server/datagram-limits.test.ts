import type { Clock } from "@msec/core";
import { describe, expect, it } from "vitest";
import { DatagramGuard, type DatagramLimits, parseNetwork } from "./datagram-limits.js";

function guardWithClock(limits: DatagramLimits): { guard: DatagramGuard; time: { nowMs: number } } {
  const time = { nowMs: 5_000 };
  const clock: Clock = { nowMs: () => time.nowMs, monotonicMs: () => time.nowMs, sleep: () => Promise.resolve() };
  return { guard: new DatagramGuard(limits, clock, 12345), time };
}

describe("parseNetwork", () => {
  it.each([
    ["10.0.0.0/8", { base: 0x0a00_0000, mask: 0xff00_0000 }],
    ["10.1.2.3/8", { base: 0x0a00_0000, mask: 0xff00_0000 }],
    ["192.168.1.9", { base: 0xc0a8_0109, mask: 0xffff_ffff }],
    ["255.255.255.255/32", { base: 0xffff_ffff, mask: 0xffff_ffff }],
    ["1.2.3.4/0", { base: 0, mask: 0 }],
  ])("%s", (text, want) => {
    expect(parseNetwork(text)).toEqual(want);
  });

  it.each(["", "10.0.0/8", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/8/8", "10.0.0.0/-1", "::1/128", "name"])(
    "refuses %j",
    (text) => {
      expect(() => parseNetwork(text)).toThrow(expect.objectContaining({ reason: "RPC_NETWORK_INVALID" }));
    },
  );
});

describe("DatagramGuard", () => {
  it("limits answers to unknown senders by the size of their requests", () => {
    const { guard } = guardWithClock({ trusted: ["127.0.0.0/8", "10.1.0.0/16"] });
    expect(guard.allowance("127.0.0.9", 50)).toBe(Number.POSITIVE_INFINITY);
    expect(guard.allowance("10.1.255.255", 50)).toBe(Number.POSITIVE_INFINITY);
    expect(guard.allowance("10.2.0.0", 50)).toBe(150);
    expect(guard.allowance("200.0.0.1", 51)).toBe(153);
    expect(guardWithClock({ maxFactor: 1 }).guard.allowance("200.0.0.1", 50)).toBe(50);
    expect(guardWithClock({ trusted: ["0.0.0.0/0"] }).guard.allowance("200.0.0.1", 50)).toBe(Number.POSITIVE_INFINITY);
  });

  it("gives each unknown network its rate, and no more after it was silent for long", () => {
    const { guard, time } = guardWithClock({ ratePerSec: 10 });
    const admitted = (host: string, count: number): number =>
      Array.from({ length: count }, () => guard.allowance(host, 1)).filter((bytes) => bytes > 0).length;
    expect(admitted("200.0.0.1", 15)).toBe(10);
    expect(admitted("200.0.0.254", 5)).toBe(0); // the same /24
    expect(admitted("200.0.1.1", 15)).toBe(10);
    expect(admitted("127.0.0.1", 100)).toBe(100);
    expect(guard.dropped).toBe(15);
    time.nowMs += 300;
    expect(admitted("200.0.0.1", 15)).toBe(3);
    time.nowMs += 3_600_000;
    expect(admitted("200.0.0.1", 15)).toBe(10);
  });

  it("keeps no more state however many networks are forged", () => {
    const { guard } = guardWithClock({ ratePerSec: 10 });
    for (let n = 0; n < 200_000; n++) guard.allowance(`${n & 63}.${(n >> 7) & 255}.${(n >> 15) & 255}.1`, 1);
    // 4096 buckets of ten each, whatever the number of networks.
    expect(200_000 - guard.dropped).toBeLessThanOrEqual(40_960);
  });
});
