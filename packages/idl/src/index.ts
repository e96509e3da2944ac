export { compareIdl } from "./compare/compare-idl.js";
export { COMPAT_RULES, type CompatProblem, type CompatRule } from "./compare/compat-problem.js";
export { createDynamicTypes, type DynamicTypes } from "./dynamic-types.js";
export { IdlInvalid } from "./errors.js";
export { type GenerateOptions, generateTypeScript, tryGeneratedSourceHash } from "./generate/generate-typescript.js";
export { checkServiceIdl } from "./link/service-rules.js";
export {
  allEnums,
  allMessages,
  type Declaration,
  type EnumModel,
  type EnumValueModel,
  type FieldDefault,
  type FieldModel,
  type FieldTypeModel,
  type IdlModel,
  type IdlOption,
  type IdlOptionValue,
  type MessageModel,
  type MethodModel,
  type OneofModel,
  type Reserved,
  type ReservedRange,
  type ServiceModel,
} from "./model.js";
export { checkProto, type IdlCheck, type IdlOrigin, MAX_IDL_CHARS, parseProto } from "./parse-proto.js";
export { type IdlProblem, MAX_PROBLEMS, type Position, type Severity } from "./problem.js";
export { IDL_RULES, type IdlRule } from "./rules.js";
export { sampleIdl } from "./sample-idl.js";
