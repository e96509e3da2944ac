import { readFileSync } from "node:fs";
import { resolveConfig } from "@msec/core";
import { settingsOf } from "@msec/daemon";
import { describe, expect, it } from "vitest";
import { ConsoleConfig } from "./config.js";

describe("ConsoleConfig", () => {
  it("has a default for everything, on loopback", () => {
    const config = resolveConfig(ConsoleConfig, {});
    expect([config.listen, config.link.listen]).toEqual(["127.0.0.1:8080", "127.0.0.1:9981"]);
    expect(config.session).toEqual({ idleMs: 28_800_000, absoluteMs: 604_800_000 });
  });

  it.each([
    [{ listen: "8080" }, "listen"],
    [{ publicUrl: "msec.example.com" }, "publicUrl"],
    [{ publicUrl: "https://msec.example.com/path" }, "publicUrl"],
    [{ session: { idleMs: 1000 } }, "session.idleMs"],
    [{ listne: "127.0.0.1:1" }, "listne"],
  ])("refuses %j", (layer, path) => {
    expect(() => resolveConfig(ConsoleConfig, layer)).toThrowError(
      expect.objectContaining({ details: { problems: [expect.objectContaining({ path })] } }),
    );
  });

  it("is described in docs/reference/console-config.md", () => {
    const text = readFileSync(new URL("../../../docs/reference/console-config.md", import.meta.url), "utf8");
    const described = [...text.matchAll(/^\| `([\w.]+)` \| `--/gm)].map((match) => match[1]);
    expect(described).toEqual(settingsOf(ConsoleConfig).map((setting) => setting.path));
  });
});
