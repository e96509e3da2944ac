import type { ScalarType } from "@msec/protocol";
import type { FieldDefault, IdlOptionValue } from "../model.js";

/** Numeric limits of the integer types. */
const limits: Partial<Record<ScalarType, readonly [bigint, bigint]>> = {
  int32: [-(2n ** 31n), 2n ** 31n - 1n],
  uint32: [0n, 2n ** 32n - 1n],
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
  uint64: [0n, 2n ** 64n - 1n],
};
const sameLimits: Partial<Record<ScalarType, ScalarType>> = {
  sint32: "int32",
  sfixed32: "int32",
  fixed32: "uint32",
  sint64: "int64",
  sfixed64: "int64",
  fixed64: "uint64",
};

/** `undefined` when the value doesn't fit the type. 64-bit integers become `bigint`. */
export function tryDefaultValue(scalar: ScalarType, value: IdlOptionValue): FieldDefault | undefined {
  switch (scalar) {
    case "bool":
      return value.kind === "word" && /^(true|false)$/.test(value.text) ? value.text === "true" : undefined;
    case "string":
      return value.kind === "string" ? tryText(value.bytes) : undefined;
    case "bytes":
      return value.kind === "string" ? value.bytes : undefined;
    case "float":
    case "double":
      return tryFloat(value);
    default:
      return tryInteger(scalar, value);
  }
}

function tryText(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function tryFloat(value: IdlOptionValue): number | undefined {
  if (value.kind === "float") return value.value;
  if (value.kind === "int") return Number(value.value);
  if (value.kind !== "word") return undefined;
  if (value.text === "inf") return Infinity;
  return value.text === "nan" ? Number.NaN : undefined;
}

function tryInteger(scalar: ScalarType, value: IdlOptionValue): number | bigint | undefined {
  const range = limits[sameLimits[scalar] ?? scalar];
  if (value.kind !== "int" || !range || value.value < range[0] || value.value > range[1]) return undefined;
  return scalar.endsWith("64") ? value.value : Number(value.value);
}
