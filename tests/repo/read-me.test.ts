import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";

const markdownUnder = (directory: string) =>
  readdirSync(directory, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".md") && !file.includes("node_modules"))
    .map((file) => join(directory, file));

const pages = [
  "README.md",
  "README.zh-CN.md",
  "CONTRIBUTING.md",
  ...markdownUnder("docs"),
  ...markdownUnder("examples"),
];

it.each(pages)("every link of %s leads to a file", (page) => {
  const text = readFileSync(page, "utf8");
  const targets = [...text.matchAll(/\]\(([^)#\s]+)[^)]*\)/g)].map((match) => match[1] ?? "");
  const files = targets.filter((target) => !/^[a-z]+:/.test(target));
  expect(files.filter((target) => !existsSync(join(dirname(page), target)))).toEqual([]);
});

it.each(["README.md", "README.zh-CN.md"])("every npm script that %s names exists", (page) => {
  const scripts = JSON.parse(readFileSync("package.json", "utf8")).scripts as Record<string, string>;
  const inRoot = readFileSync(page, "utf8").split(/cd \.\.\/cart/)[0] ?? "";
  const named = [...inRoot.matchAll(/npm run ([a-z]+)/g)].map((match) => match[1] ?? "");
  expect(named.length).toBeGreaterThan(2);
  expect(named.filter((name) => !(name in scripts))).toEqual([]);
});
