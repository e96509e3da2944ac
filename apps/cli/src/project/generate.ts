import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { generateTypeScript, parseProto } from "@msec/idl";
import type { Project } from "./project.js";

export interface GeneratedFile {
  readonly file: string;
  readonly isChanged: boolean;
}

/** Generates `src/gen/<name>.ts` for each `.proto` of the project; files that are right already stay untouched. */
export function generateProject(project: Project): readonly GeneratedFile[] {
  return project.protoFiles.map((proto) => {
    const fileName = relative(project.directory, proto);
    const { model } = parseProto(readFileSync(proto, "utf8"), { fileName });
    const text = generateTypeScript(model, { importFrom: "@msec/sdk" });
    const file = join(project.genDirectory, `${basename(proto, ".proto")}.ts`);
    const isChanged = !existsSync(file) || readFileSync(file, "utf8") !== text;
    if (isChanged) {
      mkdirSync(project.genDirectory, { recursive: true });
      writeFileSync(file, text);
    }
    return { file, isChanged };
  });
}
