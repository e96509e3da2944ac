/** A release directory as the agent lays it out: plugin/, etc/config.ini, release.json. */
import { readFileSync } from "node:fs";
import { isAbsolute, normalize, resolve, sep } from "node:path";
import { pathToFileURL } from "node:url";
import { isAppError, toAppError } from "@msec/core";
import { parseServiceConfig, type ServiceConfig } from "../config/service-config.js";
import { isServiceDefinition, type ServiceDefinition } from "../define-service.js";
import { PluginInvalid, PluginLoadFailed, ReleaseInvalid } from "../errors.js";

/** Formats of plug-in archives that this SDK runs. */
const FORMAT_VERSION = 1;

export interface PluginManifest {
  readonly service: string;
  /** Path of the bundle inside the plug-in directory. */
  readonly main: string;
}

/** Id of the release; `dev` where there is no release.json. @throws EXEC_RELEASE_INVALID */
export function readReleaseId(dir: string): string {
  const path = resolve(dir, "release.json");
  const text = tryRead(path);
  if (text === undefined) return "dev";
  const { releaseId } = parseJson(text, path);
  if (typeof releaseId !== "string" || releaseId === "")
    throw new ReleaseInvalid({ path, problem: "releaseId is missing" });
  return releaseId;
}

/** etc/config.ini of the release; without the file all defaults. @throws CFG_INVALID */
export function readReleaseConfig(dir: string, bind: string | undefined): ServiceConfig {
  const text = tryRead(resolve(dir, "etc/config.ini")) ?? "";
  return parseServiceConfig(text, { file: "etc/config.ini", ...(bind === undefined ? {} : { bind }) });
}

/** msec.json of a plug-in directory. @throws EXEC_PLUGIN_INVALID */
export function readManifest(pluginDir: string): PluginManifest {
  const path = resolve(pluginDir, "msec.json");
  const text = tryRead(path);
  if (text === undefined)
    throw new PluginInvalid({ path, problem: "the file is missing; build the plug-in with `msec build`" });
  const { formatVersion, service, main } = parseJson(text, path);
  const problem =
    formatVersion !== FORMAT_VERSION
      ? `formatVersion is ${JSON.stringify(formatVersion)}, this SDK runs ${FORMAT_VERSION}`
      : typeof service !== "string"
        ? "service is missing"
        : typeof main !== "string" || !isInside(main)
          ? "main is not a path inside the plug-in"
          : undefined;
  if (problem !== undefined) throw new PluginInvalid({ path, problem });
  return { service, main } as PluginManifest;
}

function isInside(path: string): boolean {
  return path !== "" && !isAbsolute(path) && !normalize(path).split(sep).includes("..");
}

/**
 * Imports the bundle of a plug-in.
 *
 * @throws EXEC_PLUGIN_INVALID, EXEC_PLUGIN_LOAD_FAILED with the error in words
 */
export async function loadPlugin(pluginDir: string, service: string): Promise<ServiceDefinition> {
  const manifest = readManifest(pluginDir);
  const path = resolve(pluginDir, manifest.main);
  if (manifest.service !== service) {
    throw new PluginInvalid({ path, problem: `it was built for ${manifest.service}, this is ${service}` });
  }
  return await loadDefinition(path);
}

/** The default export of a module that must be a service. */
export async function loadDefinition(path: string): Promise<ServiceDefinition> {
  let module: { readonly default?: unknown };
  try {
    module = (await import(pathToFileURL(path).href)) as { readonly default?: unknown };
  } catch (error) {
    throw new PluginLoadFailed({ path, problem: describe(error) }, { cause: error });
  }
  if (module.default === undefined) {
    throw new PluginInvalid({ path, problem: "it has no default export; write `export default defineService(…)`" });
  }
  if (!isServiceDefinition(module.default)) {
    throw new PluginInvalid({ path, problem: "its default export was not made by defineService()" });
  }
  return module.default;
}

/** With the place of a syntax error, which is only in the stack. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (!(error instanceof SyntaxError)) return `${error.name}: ${error.message}`;
  const place = /^(?:file:\/\/)?(.*:\d+)$/m.exec(error.stack?.split("\n")[0] ?? "")?.[1];
  return `${error.name}: ${error.message}${place ? ` (${place})` : ""}`;
}

/** What a person reads in the state file. */
export function startErrorText(error: unknown): string {
  if (isAppError(error)) return `${error.message} [${error.reason}]`;
  return error instanceof Error ? `${error.name}: ${error.message}` : toAppError(error).message;
}

function tryRead(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new ReleaseInvalid({ path, problem: (error as Error).message }, { cause: error });
  }
}

function parseJson(text: string, path: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch (error) {
    throw new ReleaseInvalid({ path, problem: `not JSON: ${(error as Error).message}` }, { cause: error });
  }
  throw new ReleaseInvalid({ path, problem: "not a JSON object" });
}
