/** Requests are checked with Ajv against the schemas of the API. Nothing is removed or converted in bodies; text of paths and queries is. */
import { Ajv, type ErrorObject, type Options, type ValidateFunction } from "ajv";
import type { InputProblem } from "./errors.js";

const options: Options = {
  strict: true,
  strictTypes: false,
  allErrors: true,
  removeAdditional: false,
  useDefaults: true,
};
/** Problems that are told at most; the rest is cut. */
const MAX_PROBLEMS = 20;

export type Compile = (schema: object, part: string | undefined) => ValidateFunction;

export function createCompiler(): Compile {
  const exact = new Ajv({ ...options, coerceTypes: false });
  const fromText = new Ajv({ ...options, coerceTypes: true });
  return (schema, part) => (part === "body" ? exact : fromText).compile(schema);
}

/** Names the field and the limit of each problem. */
export function inputProblems(errors: readonly ErrorObject[], part: string): InputProblem[] {
  return errors.slice(0, MAX_PROBLEMS).map((error) => inputProblem(error, part));
}

function inputProblem(error: ErrorObject, part: string): InputProblem {
  const params = error.params as Record<string, unknown>;
  const at = [part, ...error.instancePath.split("/").slice(1)].join(".");
  if (error.keyword === "required") return { field: `${at}.${params.missingProperty}`, problem: "is missing" };
  if (error.keyword === "additionalProperties")
    return { field: `${at}.${params.additionalProperty}`, problem: "is not known here" };
  const [problem, limit] = describe(error, params);
  return limit === undefined ? { field: at, problem } : { field: at, problem, limit };
}

function describe(error: ErrorObject, params: Record<string, unknown>): [string, unknown?] {
  switch (error.keyword) {
    case "maxLength":
      return [`has more than ${params.limit} characters`, params.limit];
    case "minLength":
      return [`has less than ${params.limit} characters`, params.limit];
    case "maxItems":
      return [`has more than ${params.limit} entries`, params.limit];
    case "minItems":
      return [`has less than ${params.limit} entries`, params.limit];
    case "minimum":
      return [`is less than ${params.limit}`, params.limit];
    case "maximum":
      return [`is more than ${params.limit}`, params.limit];
    case "pattern":
      return [`does not have the form ${params.pattern}`, params.pattern];
    case "enum":
      return [`is none of ${(params.allowedValues as unknown[]).join(", ")}`, params.allowedValues];
    case "type":
      return [`is no ${params.type}`, params.type];
    default:
      return [error.message ?? "is wrong"];
  }
}
