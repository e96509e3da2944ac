import { readdirSync, readFileSync } from "node:fs";
import { generateTypeScript, parseProto } from "@msec/idl";
import { describe, expect, it } from "vitest";

const projects = [
  "examples/echo",
  "examples/flight",
  "examples/flight-web",
  "examples/mp3/crawl",
  "examples/mp3/main-logic",
];

describe.each(projects)("%s", (project) => {
  const protos = readdirSync(project).filter((name) => name.endsWith(".proto"));

  it.each(protos)("src/gen is what the generator makes of %s", (fileName) => {
    const { model } = parseProto(readFileSync(`${project}/${fileName}`, "utf8"), { fileName });
    const generated = readFileSync(`${project}/src/gen/${fileName.replace(/\.proto$/, ".ts")}`, "utf8");
    expect(generated).toBe(generateTypeScript(model, { importFrom: "@msec/sdk" }));
  });
});
