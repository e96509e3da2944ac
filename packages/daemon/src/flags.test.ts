import { Type } from "typebox";
import { describe, expect, it } from "vitest";
import { envLayer, envName, helpText, parseFlags } from "./flags.js";

const schema = Type.Object(
  {
    home: Type.String({ default: "/msec", description: "Where state lives." }),
    maxFrameBytes: Type.Integer({ default: 10 }),
    verbose: Type.Boolean({ default: false }),
    token: Type.Optional(Type.String({ "x-secret": true })),
    log: Type.Object({ level: Type.String({ default: "info" }) }, { additionalProperties: false }),
  },
  { additionalProperties: false },
);

describe("parseFlags", () => {
  it("reads both forms, kebab case, nested paths and bare booleans", () => {
    const argv = ["--home", "/h", "--max-frame-bytes=7", "--log.level", "debug", "--verbose", "--config", "c.json"];
    expect(parseFlags(schema, argv)).toEqual({
      layer: { home: "/h", maxFrameBytes: "7", log: { level: "debug" }, verbose: "true" },
      configFile: "c.json",
      action: "run",
    });
  });

  it.each([
    { argv: ["--nope", "1"], problem: "is not known" },
    { argv: ["home"], problem: "is not known" },
    { argv: ["--home"], problem: "needs a value" },
  ])("refuses $argv", ({ argv, problem }) => {
    expect(() => parseFlags(schema, argv)).toThrow(problem);
  });

  it.each([
    { argv: ["--check-config"], action: "check" },
    { argv: ["--print-config"], action: "print" },
    { argv: ["-h"], action: "help" },
    { argv: ["--version"], action: "version" },
  ])("knows $argv", ({ argv, action }) => {
    expect(parseFlags(schema, argv).action).toBe(action);
  });
});

describe("envLayer", () => {
  it("maps paths to variables and reads secrets from files, other settings not", () => {
    const env = { MSEC_MAX_FRAME_BYTES: "9", MSEC_LOG_LEVEL: "warn", MSEC_TOKEN_FILE: "/t", MSEC_HOME_FILE: "/t" };
    expect(envLayer(schema, env, (path) => `${path}-content\n`)).toEqual({
      maxFrameBytes: "9",
      log: { level: "warn" },
      token: "/t-content",
    });
  });

  it("names variables in upper snake case", () => {
    expect(envName("log.maxFileBytes")).toBe("MSEC_LOG_MAX_FILE_BYTES");
  });
});

it("help lists each setting with default and variable", () => {
  const text = helpText("msec-x", schema);
  expect(text).toContain('--home  Where state lives. (default "/msec") [MSEC_HOME]');
  expect(text).toContain("--log.level");
});
