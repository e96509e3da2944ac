import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { EXAMPLES } from "./examples.js";
import { commandPath, createProgram, leafCommands } from "./program.js";
import { cliReference } from "./reference.js";

const { program } = createProgram();
const paths = leafCommands(program).map(commandPath);

describe("commands", () => {
  it("have one example each, and no example is left over", () => {
    expect(Object.keys(EXAMPLES).toSorted()).toEqual(paths.toSorted());
    for (const path of paths) expect(EXAMPLES[path]).toMatch(new RegExp(`^msec ${path}\\b`));
  });

  it("are in docs/reference/cli.md as they are", () => {
    expect(cliReference(program)).toBe(readFileSync("docs/reference/cli.md", "utf8"));
  });

  it("say what they do and what their options mean", () => {
    const wordless = leafCommands(program).filter(
      (command) => command.description() === "" || command.options.some((option) => option.description === ""),
    );
    expect(wordless.map(commandPath)).toEqual([]);
  });
});
