import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  formatHostPort,
  formatServiceName,
  isIpv4,
  parseHostPort,
  parseName,
  parseServiceName,
} from "./service-name.js";

describe("names", () => {
  it.each(["ab", "A1", "mod_flight", "a".repeat(16)])("%s is one", (name) => {
    expect(parseName(name, "first")).toBe(name);
  });

  it.each(["", "a", "1a", "_a", "a-b", "a.b", "a b", "ab\n", "é1", "a".repeat(17)])("%j is none", (name) => {
    expect(() => parseName(name, "first")).toThrow(
      `first ${JSON.stringify(name)} is not a valid name: a letter, then letters, digits or underscores; 2 to 16 characters`,
    );
  });

  it("of services have two levels", () => {
    expect(parseServiceName("Flight.mod_flight")).toEqual({ first: "Flight", second: "mod_flight" });
    for (const full of ["Flight", "Flight.mod.x", ""])
      expect(() => parseServiceName(full)).toThrow("two levels, First.Second");
    expect(() => parseServiceName(".mod")).toThrow('service "" is not a valid name');
    expect(() => parseServiceName("Flight.", "callee")).toThrow(
      expect.objectContaining({ reason: "NAME_INVALID", details: expect.objectContaining({ field: "callee" }) }),
    );
  });

  it("of services are read back as they are written", () => {
    const name = fc.stringMatching(/^[A-Za-z][A-Za-z0-9_]{1,15}$/);
    fc.assert(
      fc.property(name, name, (first, second) => {
        expect(parseServiceName(formatServiceName({ first, second }))).toEqual({ first, second });
      }),
    );
  });
});

describe("addresses", () => {
  it("are an IPv4 address and a port", () => {
    expect(parseHostPort("127.0.0.2:8090")).toEqual({ host: "127.0.0.2", port: 8090 });
    fc.assert(
      fc.property(fc.ipV4(), fc.integer({ min: 1, max: 65_535 }), (host, port) => {
        expect(parseHostPort(formatHostPort({ host, port }))).toEqual({ host, port });
      }),
    );
  });

  it.each([
    "",
    "127.0.0.1",
    "127.0.0.1:",
    "127.0.0.1:0",
    "127.0.0.1:65536",
    "127.0.0.1:123456",
    "127.0.0.1:+80",
    "127.0.0.1:8 0",
    "127.0.0.1:80:90",
    "127.0.0.256:80",
    "127.0.0:80",
    "127.00.0.1:80",
    "localhost:80",
    "[::1]:80",
  ])("%j is none", (text) => {
    expect(() => parseHostPort(text, "body.address")).toThrow(
      expect.objectContaining({ reason: "NET_ADDRESS_INVALID", details: { field: "body.address", value: text } }),
    );
  });

  it("know IPv4 without leading zeros", () => {
    expect(["0.0.0.0", "255.255.255.255", "10.1.0.9"].every(isIpv4)).toBe(true);
    expect(["", "1.2.3", "1.2.3.4.5", "01.2.3.4", "1.2.3.4 ", "::1"].some(isIpv4)).toBe(false);
  });
});
