import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";

const files = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
  encoding: "utf8",
})
  .split("\0")
  .filter(Boolean);
const generated = /(^|\/)(gen|generated|dist|vectors|results)\/|\.gen\.ts$/;
const sources = files.filter((file) => /\.(ts|tsx|mjs)$/.test(file) && !generated.test(file));
const lineCount = (file: string) => readFileSync(file, "utf8").split("\n").length;

it("no source is longer than 600 lines, no test longer than 800", () => {
  const tooLong = sources.filter((file) => lineCount(file) > (/\.(test|contract)\.tsx?$/.test(file) ? 800 : 600));
  expect(tooLong).toEqual([]);
});

it("no file is called after nothing", () => {
  expect(sources.filter((file) => /(^|\/)(utils?|helpers?|common|types|misc)\.tsx?$/.test(file))).toEqual([]);
});

it("errors are defined in errors.ts only", () => {
  const code = sources.filter((file) => /^(packages|apps)\/[^/]+\/src\//.test(file) && !/\.test\.ts$/.test(file));
  const elsewhere = code.filter(
    (file) => !/(errors|app-error)\.ts$/.test(file) && /= defineError[<(]/.test(readFileSync(file, "utf8")),
  );
  expect(elsewhere).toEqual([]);
});

it("no tracked text carries a path of the machine that it was written on", () => {
  const texts = files.filter((file) => /\.(ts|tsx|mjs|cjs|md|json|sh)$/.test(file) && file !== "package-lock.json");
  const here = process.cwd();
  expect(texts.filter((file) => readFileSync(file, "utf8").includes(`${here}/`))).toEqual([]);
});

it("each dependency is justified in docs/reference/dependencies.md", () => {
  const manifests = files.filter((file) => /(^|\/)package\.json$/.test(file) && !file.includes("templates/"));
  const names = new Set(
    manifests.flatMap((file) => {
      const { dependencies = {}, devDependencies = {} } = JSON.parse(readFileSync(file, "utf8"));
      return [...Object.keys(dependencies), ...Object.keys(devDependencies)].filter(
        (name) => !name.startsWith("@msec/"),
      );
    }),
  );
  const text = readFileSync("docs/reference/dependencies.md", "utf8");
  expect([...names].filter((name) => !text.includes(`\`${name}\``)).toSorted()).toEqual([]);
});
