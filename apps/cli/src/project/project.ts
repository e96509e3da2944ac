/** A service author's project: `package.json` with an `msec` section, `*.proto` beside it, `src/service.ts`, `etc/config.ini`. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { isAppError, parseServiceName } from "@msec/core";
import { ProjectInvalid } from "../errors.js";

export interface Project {
  readonly directory: string;
  /** `First.Second`. */
  readonly service: string;
  /** TypeScript or JavaScript file whose default export is the service. */
  readonly entry: string;
  readonly protoFiles: readonly string[];
  /** Where generated code goes. */
  readonly genDirectory: string;
  readonly configFile: string;
}

/** @throws {ProjectInvalid} naming the file and what is wrong with it */
export function openProject(directory: string): Project {
  const root = resolve(directory);
  const file = join(root, "package.json");
  const section = readSection(file);
  const service = readString(file, section, "service");
  try {
    parseServiceName(service, "msec.service");
  } catch (error) {
    if (isAppError(error)) throw new ProjectInvalid({ file, problem: error.message });
    throw error;
  }
  const entry = join(root, section.entry === undefined ? "src/service.ts" : readString(file, section, "entry"));
  if (!existsSync(entry)) throw new ProjectInvalid({ file: entry, problem: "is missing; it exports the service" });
  return {
    directory: root,
    service,
    entry,
    protoFiles: readdirSync(root)
      .filter((name) => name.endsWith(".proto"))
      .toSorted()
      .map((name) => join(root, name)),
    genDirectory: join(root, "src/gen"),
    configFile: join(root, "etc/config.ini"),
  };
}

function readSection(file: string): Record<string, unknown> {
  let manifest: { msec?: Record<string, unknown> };
  try {
    manifest = JSON.parse(readFileSync(file, "utf8"));
  } catch (cause) {
    const problem = existsSync(file) ? "is no JSON" : "is missing; run this in a service project (msec new makes one)";
    throw new ProjectInvalid({ file, problem }, { cause });
  }
  if (typeof manifest.msec !== "object" || manifest.msec === null)
    throw new ProjectInvalid({ file, problem: 'has no section "msec": {"service": "First.Second"}' });
  return manifest.msec;
}

function readString(file: string, section: Record<string, unknown>, key: string): string {
  const value = section[key];
  if (typeof value !== "string" || value === "")
    throw new ProjectInvalid({ file, problem: `msec.${key} must be a text` });
  return value;
}
