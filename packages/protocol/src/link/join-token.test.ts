import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatJoinToken, type JoinTokenContent, parseJoinToken } from "./join-token.js";

const content: JoinTokenContent = {
  host: "10.0.0.1",
  port: 9981,
  fingerprint: Array.from({ length: 32 }, () => "AF").join(":"),
  tokenId: "0192",
  tokenSecret: "a-secret-of-16-B",
};

const encode = (value: unknown) => `msec1.${Buffer.from(JSON.stringify(value)).toString("base64url")}`;

describe("join tokens", () => {
  it("carry address, fingerprint and secret in one word", () => {
    const token = formatJoinToken(content);
    expect(token).toBe(encode(content));
    expect(token).toMatch(/^msec1\.[A-Za-z0-9_-]+$/);
    expect(parseJoinToken(`  ${token}\n`)).toEqual(content);
  });

  it("carry any host", () => {
    const hosts = fc.string({ minLength: 1, maxLength: 60, unit: "grapheme" });
    fc.assert(
      fc.property(hosts, fc.integer({ min: 1, max: 65_535 }), (host, port) => {
        expect(parseJoinToken(formatJoinToken({ ...content, host, port }))).toEqual({ ...content, host, port });
      }),
    );
  });

  it("that were cut or changed anywhere are refused with what to do", () => {
    const token = formatJoinToken(content);
    expect(() => parseJoinToken("abc")).toThrow("it does not begin with msec1.; make a new one");
    expect(() => parseJoinToken("")).toThrow("it does not begin with");
    expect(() => parseJoinToken("msec1.")).toThrow("it was cut or changed");
    expect(() => parseJoinToken("msec1.%%%%")).toThrow("it was cut or changed");
    for (let length = 6; length < token.length - 1; length++)
      expect(() => parseJoinToken(token.slice(0, length))).toThrow(
        expect.objectContaining({ reason: "PROTO_JOIN_TOKEN_INVALID" }),
      );
  });

  it.each([
    ["nothing", null],
    ["another key", { ...content, path: "/etc" }],
    ["no host", { ...content, host: "" }],
    ["port 0", { ...content, port: 0 }],
    ["a lower-case fingerprint", { ...content, fingerprint: content.fingerprint.toLowerCase() }],
    ["half a fingerprint", { ...content, fingerprint: content.fingerprint.slice(0, 47) }],
    ["a short secret", { ...content, tokenSecret: "short" }],
    ["no token id", { ...content, tokenId: undefined }],
  ])("with %s are refused", (_, value) => {
    expect(() => parseJoinToken(encode(value))).toThrow("a part of it is missing");
  });
});
