import type { ConfigLayer } from "@msec/core";
import type { TObject, TSchema } from "typebox";
import { FlagInvalid } from "./errors.js";

/** One setting with its dotted path, e.g. `log.level`. */
export interface Setting {
  readonly path: string;
  readonly schema: TSchema & {
    readonly type?: string;
    readonly default?: unknown;
    readonly description?: string;
    readonly "x-secret"?: boolean;
  };
}

/** Every leaf of a configuration schema, in the order of declaration. */
export function settingsOf(schema: TObject, prefix = ""): readonly Setting[] {
  return Object.entries(schema.properties).flatMap(([key, property]) => {
    const path = prefix === "" ? key : `${prefix}.${key}`;
    return isObjectSchema(property) ? settingsOf(property, path) : [{ path, schema: property as Setting["schema"] }];
  });
}

function isObjectSchema(schema: TSchema): schema is TObject {
  return (schema as { type?: string }).type === "object" && "properties" in schema;
}

export interface ParsedFlags {
  readonly layer: ConfigLayer;
  readonly configFile: string | undefined;
  readonly action: "run" | "check" | "print" | "help" | "version";
}

const actions: Readonly<Record<string, ParsedFlags["action"]>> = {
  "--check-config": "check",
  "--print-config": "print",
  "--help": "help",
  "-h": "help",
  "--version": "version",
};

/** Reads `--path value`, `--path=value` and, for booleans, a bare `--path`. @throws {FlagInvalid} */
export function parseFlags(schema: TObject, argv: readonly string[]): ParsedFlags {
  const settings = new Map(settingsOf(schema).map((s) => [s.path, s]));
  const layer: Record<string, unknown> = {};
  let configFile: string | undefined;
  let action: ParsedFlags["action"] = "run";
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i] ?? "";
    const known = actions[word];
    if (known) {
      action = known;
      continue;
    }
    const flag = readFlag(settings, word, argv[i + 1]);
    if (flag.usedNext) i++;
    if (flag.path === "config") configFile = flag.value;
    else assignPath(layer, flag.path, flag.value);
  }
  return { layer, configFile, action };
}

function readFlag(settings: ReadonlyMap<string, Setting>, word: string, next: string | undefined) {
  const [flag, inline] = splitOnce(word);
  const path = flag.replace(/^--/, "").replace(/-([a-z])/g, (_, c: string) => c.toUpperCase());
  const setting = settings.get(path);
  if (!flag.startsWith("--") || (!setting && path !== "config"))
    throw new FlagInvalid({ flag: word, problem: "is not known" });
  const isBare = setting?.schema.type === "boolean" && inline === undefined;
  const value = isBare ? "true" : (inline ?? next);
  if (value === undefined) throw new FlagInvalid({ flag, problem: "needs a value" });
  return { path, value, usedNext: !isBare && inline === undefined };
}

function splitOnce(word: string): [string, string | undefined] {
  const at = word.indexOf("=");
  return at < 0 ? [word, undefined] : [word.slice(0, at), word.slice(at + 1)];
}

/** Settings from `MSEC_*` variables: `log.level` is `MSEC_LOG_LEVEL`; a secret may also come from the file named by `…_FILE`. */
export function envLayer(
  schema: TObject,
  env: Readonly<Record<string, string | undefined>>,
  readFile: (path: string) => string,
): ConfigLayer {
  const layer: Record<string, unknown> = {};
  for (const { path, schema: setting } of settingsOf(schema)) {
    const name = envName(path);
    const file = env[`${name}_FILE`];
    const value = env[name] ?? (setting["x-secret"] && file !== undefined ? readFile(file).trim() : undefined);
    if (value !== undefined) assignPath(layer, path, value);
  }
  return layer;
}

export function envName(path: string): string {
  return `MSEC_${path
    .replaceAll(".", "_")
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .toUpperCase()}`;
}

function assignPath(layer: Record<string, unknown>, path: string, value: unknown): void {
  const keys = path.split(".");
  const last = keys.pop() ?? "";
  let into = layer;
  for (const key of keys) {
    into[key] ??= {};
    into = into[key] as Record<string, unknown>;
  }
  into[last] = value;
}

/** Text of `--help`: one line per setting with its default and variable. */
export function helpText(name: string, schema: TObject): string {
  const lines = settingsOf(schema).map(({ path, schema: s }) => {
    const preset = s.default === undefined ? "" : ` (default ${JSON.stringify(s.default)})`;
    return `  --${path}  ${s.description ?? ""}${preset} [${envName(path)}]`;
  });
  return [
    `Usage: ${name} [options]`,
    "",
    "Settings, from weak to strong: defaults, --config <file.json>, MSEC_* variables, options.",
    "",
    ...lines,
    "  --config  file with settings as JSON",
    "  --check-config  check the settings and exit",
    "  --print-config  print the effective settings, secrets masked, and exit",
    "",
  ].join("\n");
}
