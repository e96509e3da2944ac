import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalIp, formatIp, isIp, isIpv4, parseIp } from "./ip-address.js";

describe("IP addresses", () => {
  it.each([
    ["10.1.0.9", "10.1.0.9"],
    ["::1", "::1"],
    ["::", "::"],
    ["0:0:0:0:0:0:0:1", "::1"],
    ["2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
    ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
    ["1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"],
    ["fe80::", "fe80::"],
    ["::ffff:10.1.2.3", "10.1.2.3"],
    ["::FFFF:0a01:0203", "10.1.2.3"],
    ["64:ff9b::192.0.2.33", "64:ff9b::c000:221"],
  ])("%s has the text %s", (text, canonical) => {
    expect(canonicalIp(text)).toBe(canonical);
    const bytes = parseIp(text) ?? new Uint8Array();
    expect(formatIp(bytes)).toBe(canonical);
  });

  it.each([
    "",
    ":",
    ":::",
    "1",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
    "1:2:3:4:5:6:7:8::",
    "1::2::3",
    "12345::",
    "g::",
    "::1%eth0",
    "[::1]",
    "::1.2.3",
    "1.2.3.4::",
    "256.1.1.1",
    "01.2.3.4",
    "localhost",
  ])("%j is none", (text) => {
    expect([canonicalIp(text), parseIp(text), isIpv4(text), isIp(text)]).toEqual([undefined, undefined, false, false]);
  });

  it("give their bytes back whatever they are", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (bytes) => {
        const text = formatIp(bytes);
        expect(parseIp(text)).toEqual(bytes);
        expect(canonicalIp(text)).toBe(text);
      }),
    );
  });
});
