/** `msec new First.Second`: a project that generates, builds, tests and runs at once. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseServiceName } from "@msec/core";
import { parseProto, sampleIdl } from "@msec/idl";
import { ProjectExists } from "../errors.js";
import { generateProject } from "./generate.js";
import { openProject } from "./project.js";

export interface NewProjectOptions {
  /** `First.Second`. */
  readonly service: string;
  readonly directory: string;
  readonly port: number;
  /** What `package.json` says of `@msec/sdk` and `@msec/cli`: a version, or `file:` and a folder. */
  readonly packageSpec: (name: "sdk" | "cli") => string;
}

const templates = fileURLToPath(new URL("../../templates/service", import.meta.url));

/** Writes the project. @throws {ProjectExists} the directory is not empty; nothing is written then */
export function createProject(options: NewProjectOptions): string {
  const { first, second } = parseServiceName(options.service);
  const directory = resolve(options.directory);
  if (existsSync(directory) && readdirSync(directory).length > 0) throw new ProjectExists({ directory });
  const idl = sampleIdl(first, second);
  const values: Record<string, string> = {
    SERVICE: options.service,
    NAME: second.toLowerCase().replaceAll("_", "-"),
    PROTO: second,
    CONST: serviceConst(idl),
    PORT: String(options.port),
    SDK: options.packageSpec("sdk"),
    CLI: options.packageSpec("cli"),
  };
  for (const file of templateFiles(templates)) {
    const target = join(directory, file.replace(/\.tmpl$/, "").replace("_gitignore", ".gitignore"));
    const text = readFileSync(join(templates, file), "utf8").replace(
      /\{\{(\w+)\}\}/g,
      (_, key: string) => values[key] ?? "",
    );
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, text);
  }
  writeFileSync(join(directory, `${second}.proto`), idl);
  generateProject(openProject(directory));
  return directory;
}

function templateFiles(root: string, under = ""): string[] {
  return readdirSync(join(root, under), { withFileTypes: true }).flatMap((entry) => {
    const path = join(under, entry.name);
    return entry.isDirectory() ? templateFiles(root, path) : [path];
  });
}

/** Name of the generated service constant: the sample's service name, which is in upper camel case already. */
function serviceConst(idl: string): string {
  return parseProto(idl, { fileName: "sample" }).model.services[0]?.name ?? "";
}
