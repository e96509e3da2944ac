import { Type } from "typebox";
import { describe, expect, it } from "vitest";
import { deepFreeze, maskSecrets, resolveConfig } from "./config.js";
import type { ConfigInvalid } from "./errors.js";

const strict = { additionalProperties: false };
const Schema = Type.Object(
  {
    name: Type.String(),
    port: Type.Integer({ minimum: 1, maximum: 65_535, default: 8080 }),
    verbose: Type.Boolean({ default: false }),
    password: Type.Optional(Type.String({ "x-secret": true })),
    link: Type.Object(
      { listen: Type.String({ default: "127.0.0.1:9981" }), key: Type.Optional(Type.String({ "x-secret": true })) },
      { ...strict, default: {} },
    ),
    hosts: Type.Array(Type.String(), { default: [] }),
  },
  strict,
);

function problemsOf(...layers: Readonly<Record<string, unknown>>[]): unknown {
  try {
    resolveConfig(Schema, ...layers);
  } catch (error) {
    return (error as InstanceType<typeof ConfigInvalid>).details.problems;
  }
  return "no problem";
}

describe("resolveConfig", () => {
  it("fills in defaults, nested ones too", () => {
    expect(resolveConfig(Schema, { name: "c" })).toEqual({
      name: "c",
      port: 8080,
      verbose: false,
      link: { listen: "127.0.0.1:9981" },
      hosts: [],
    });
  });

  it("lets later layers win; objects merge, lists are replaced, undefined is nothing", () => {
    const file = { name: "file", port: 1, link: { listen: "a", key: "k" }, hosts: ["x", "y"] };
    const flags = { name: undefined, port: 2, link: { listen: "b" }, hosts: ["z"] };
    expect(resolveConfig(Schema, file, flags)).toMatchObject({
      name: "file",
      port: 2,
      link: { listen: "b", key: "k" },
      hosts: ["z"],
    });
    expect(file.link.listen).toBe("a");
  });

  it("reads numbers and booleans from text, as the environment has them", () => {
    expect(resolveConfig(Schema, { name: "c", port: "90", verbose: "true" })).toMatchObject({
      port: 90,
      verbose: true,
    });
  });

  it("freezes the result, not the layers", () => {
    const layer = { name: "c", hosts: ["x"] };
    const config = resolveConfig(Schema, layer);
    expect(Object.isFrozen(config) && Object.isFrozen(config.link) && Object.isFrozen(config.hosts)).toBe(true);
    expect(Object.isFrozen(layer.hosts)).toBe(false);
  });

  it("names every problem at once with its path", () => {
    expect(problemsOf({ port: 0, prot: 1, link: { lisen: "x" }, hosts: [{}] })).toEqual(
      expect.arrayContaining([
        { path: "name", message: "is required" },
        { path: "port", message: "must be >= 1" },
        { path: "prot", message: "unknown key" },
        { path: "link.lisen", message: "unknown key" },
        { path: "hosts.0", message: "must be string" },
      ]),
    );
    expect(problemsOf({ name: "c", port: "many" })).toEqual([{ path: "port", message: "must be integer" }]);
    expect(() => resolveConfig(Schema, {})).toThrow("configuration is invalid:\n  name: is required");
  });

  it("says so when an object is expected and something else is given", () => {
    expect(problemsOf({ name: "c", link: "x" })).toEqual([{ path: "link", message: "must be object" }]);
  });
});

describe("maskSecrets", () => {
  it("hides what is marked, at any depth, and nothing else", () => {
    const value = { name: "c", password: "p", link: { listen: "l", key: "k" }, hosts: ["h"], extra: 1 };
    expect(maskSecrets(Schema, value)).toEqual({
      name: "c",
      password: "***",
      link: { listen: "l", key: "***" },
      hosts: ["h"],
      extra: 1,
    });
    expect(maskSecrets(Type.Object({}), { a: null })).toEqual({ a: null });
    const Url = Type.Object({ url: Type.String() });
    expect(maskSecrets(Url, { url: "zk://ops:hush:hush@zk:1/a" })).toEqual({ url: "zk://ops:***@zk:1/a" });
    expect(maskSecrets(Url, { url: "http://ops@zk:1/a@b" })).toEqual({ url: "http://ops@zk:1/a@b" });
    const list = Type.Array(Type.Object({ token: Type.String({ "x-secret": true }) }));
    expect(maskSecrets(list, [{ token: "t" }])).toEqual([{ token: "***" }]);
  });

  it("leaves what is no object as it is", () => {
    expect(maskSecrets(Type.String(), "text")).toBe("text");
    expect(maskSecrets(Schema, null)).toBeNull();
  });
});

describe("deepFreeze", () => {
  it("freezes all of it, loops included", () => {
    const loop: { self?: unknown; list: number[] } = { list: [1] };
    loop.self = loop;
    expect(deepFreeze(loop)).toBe(loop);
    expect(Object.isFrozen(loop.list)).toBe(true);
    expect(deepFreeze(7)).toBe(7);
  });
});
