import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatIp } from "./ip-address.js";
import { formatHostPort, formatServiceName, parseHostPort, parseName, parseServiceName } from "./service-name.js";

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
  it("are an IP address and a port", () => {
    expect(parseHostPort("127.0.0.2:8090")).toEqual({ host: "127.0.0.2", port: 8090 });
    expect(parseHostPort("[FD00::0:5]:3306")).toEqual({ host: "fd00::5", port: 3306 });
    expect(formatHostPort({ host: "fd00::5", port: 3306 })).toBe("[fd00::5]:3306");
    const ip = fc.oneof(fc.ipV4(), fc.uint8Array({ minLength: 16, maxLength: 16 }).map(formatIp));
    fc.assert(
      fc.property(ip, fc.integer({ min: 1, max: 65_535 }), (host, port) => {
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
    "::1:80",
    "[::1]",
    "[::1]:0",
    "[127.0.0.1]:80",
    "[::ffff:127.0.0.1]:80",
    "[::1%lo]:80",
  ])("%j is none", (text) => {
    expect(() => parseHostPort(text, "body.address")).toThrow(
      expect.objectContaining({ reason: "NET_ADDRESS_INVALID", details: { field: "body.address", value: text } }),
    );
  });
});
