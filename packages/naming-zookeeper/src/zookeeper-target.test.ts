import { isAppError } from "@msec/core";
import { describe, expect, it } from "vitest";
import { parseZookeeperTarget } from "./zookeeper-target.js";

describe("parseZookeeperTarget", () => {
  it.each([
    ["zk://10.0.0.1", [{ host: "10.0.0.1", port: 8972 }], "", undefined, "zk://10.0.0.1:8972"],
    [
      "zk://a.example:1,b:2/msec/eu/",
      [
        { host: "a.example", port: 1 },
        { host: "b", port: 2 },
      ],
      "/msec/eu",
      undefined,
      "zk://a.example:1,b:2/msec/eu",
    ],
    ["zk://[::1]:2181", [{ host: "::1", port: 2181 }], "", undefined, "zk://[::1]:2181"],
    ["zk://ops:s%40cret@zk:1", [{ host: "zk", port: 1 }], "", "ops:s@cret", "zk://ops@zk:1"],
  ])("reads %s", (text, servers, root, credential, shown) => {
    expect(parseZookeeperTarget(text)).toEqual({ servers, root, credential, text: shown });
  });

  it("prefers a secret that is given apart", () => {
    expect(parseZookeeperTarget("zk://ops@zk", "hidden").credential).toBe("ops:hidden");
    expect(parseZookeeperTarget("zk://ops:old@zk", "hidden").credential).toBe("ops:hidden");
  });

  it.each([
    "http://zk",
    "zk://",
    "zk://zk:0",
    "zk://zk:70000",
    "zk://a b",
    "zk://zk/a//b",
    "zk://hush@zk",
    "zk://hush:%zz@zk",
    "zk://:hush@zk",
  ])("refuses %s and never repeats a secret", (text) => {
    let problem: unknown;
    try {
      parseZookeeperTarget(text);
    } catch (error) {
      problem = error;
    }
    expect(isAppError(problem) && problem.reason).toBe("NAME_ZOOKEEPER_TARGET_INVALID");
    expect(String(problem)).not.toMatch(/:hush|%zz/);
  });

  it("refuses a secret without a user", () => {
    expect(() => parseZookeeperTarget("zk://zk", "hidden")).toThrowError(/without a user/);
  });
});
