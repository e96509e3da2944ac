import { describe, expect, it } from "vitest";
import { hostRules, isHostAllowed, isSameOrigin } from "./origin-rules.js";

const rules = hostRules({
  listenHost: "10.0.0.5",
  publicUrl: "https://msec.example.com:8443",
  trustedHosts: " a.test , B.test:81,",
});

describe("isHostAllowed", () => {
  it.each([
    ["10.0.0.5:8080", true],
    ["127.0.0.1:1", true],
    ["localhost", true],
    ["[::1]:8080", true],
    ["msec.example.com:8443", true],
    ["msec.example.com", false],
    ["a.test:9", true],
    ["b.test:81", true],
    ["b.test", false],
    ["evil.test", false],
    ["localhost.evil.test", false],
    ["", false],
    [undefined, false],
  ])("%s: %s", (host, allowed) => {
    expect(isHostAllowed(rules, host)).toBe(allowed);
  });
});

describe("isSameOrigin", () => {
  it.each([
    ["http://a.test", "a.test", true],
    ["http://a.test:8080", "a.test:8080", true],
    ["https://a.test", "A.test", true],
    ["http://a.test:8080", "a.test", false],
    ["http://evil.test", "a.test", false],
    ["null", "a.test", false],
  ])("%s on %s: %s", (origin, host, same) => {
    expect(isSameOrigin(origin, host)).toBe(same);
  });
});
