import type { Static, TObject, TSchema } from "typebox";
import { Value } from "typebox/value";
import { ConfigInvalid, type ConfigProblem } from "./errors.js";

/** One source of settings, least important first. */
export type ConfigLayer = Readonly<Record<string, unknown>>;

/**
 * Merges layers over the schema's defaults, checks the result and freezes it. Later layers win; nested objects merge.
 *
 * @throws {ConfigInvalid} naming every path that is wrong, unknown keys included
 */
export function resolveConfig<T extends TObject>(schema: T, ...layers: readonly ConfigLayer[]): Static<T> {
  const merged = layers.reduce<Record<string, unknown>>((into, layer) => mergeLayer(into, layer), {});
  const converted = Value.Convert(schema, structuredClone(merged));
  const value = Value.Default(schema, converted);
  const problems: ConfigProblem[] = [];
  for (const error of Value.Errors(schema, value)) {
    problems.push(...configProblems(error));
  }
  if (problems.length > 0) throw new ConfigInvalid({ problems });
  return deepFreeze(value) as Static<T>;
}

interface ValueError {
  readonly keyword: string;
  readonly instancePath: string;
  readonly message: string;
  readonly params: object;
}

function configProblems(error: ValueError): ConfigProblem[] {
  const base = error.instancePath.replace(/^\//, "").replaceAll("/", ".");
  const at = (key: string) => (base === "" ? key : `${base}.${key}`);
  const params = error.params as { additionalProperties?: string[]; requiredProperties?: string[] };
  if (params.additionalProperties)
    return params.additionalProperties.map((key) => ({ path: at(key), message: "unknown key" }));
  if (params.requiredProperties)
    return params.requiredProperties.map((key) => ({ path: at(key), message: "is required" }));
  if (error.keyword === "~guard" || (error.keyword === "boolean" && error.message === "schema is false")) return [];
  return [{ path: base === "" ? "(root)" : base, message: error.message }];
}

/** `scheme://user:` of an address with a secret. */
const LOGIN_IN_URL = /^([a-z][a-z0-9+.-]*:\/\/[^/@\s:]*:)[^/@\s]*@/i;

/** The value as a person may see it: fields marked `x-secret` are masked, in lists too, and secrets in addresses. */
export function maskSecrets(schema: TSchema, value: unknown): unknown {
  const { properties = {}, items = {} } = schema as {
    properties?: Record<string, TSchema & { "x-secret"?: boolean }>;
    items?: TSchema;
  };
  if (Array.isArray(value)) return value.map((item) => maskSecrets(items, item));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      const property = properties[key];
      if (property?.["x-secret"] === true) return [key, "***"];
      if (typeof inner === "string") return [key, inner.replace(LOGIN_IN_URL, "$1***@")];
      return [key, property ? maskSecrets(property, inner) : inner];
    }),
  );
}

function mergeLayer(base: Record<string, unknown>, layer: ConfigLayer): Record<string, unknown> {
  const out = { ...base };
  for (const [key, value] of Object.entries(layer)) {
    if (value === undefined) continue;
    const old = out[key];
    out[key] = isPlainObject(old) && isPlainObject(value) ? mergeLayer(old, value) : value;
  }
  return out;
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) deepFreeze(inner);
  }
  return value;
}
