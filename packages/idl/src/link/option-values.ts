import type { IdlOption } from "../model.js";
import type { ProblemList } from "../problem.js";
import { didYouMean } from "../suggest.js";

/** Options of protobuf itself, by place. The first list of each pair is read here, the rest is for other languages. */
const knownOptions = {
  file: [
    "cc_generic_services",
    "java_generic_services",
    "py_generic_services",
    "java_package",
    "java_outer_classname",
    "java_multiple_files",
    "java_string_check_utf8",
    "java_generate_equals_and_hash",
    "optimize_for",
    "go_package",
    "cc_enable_arenas",
    "objc_class_prefix",
    "csharp_namespace",
    "swift_prefix",
    "php_class_prefix",
    "php_namespace",
    "php_metadata_namespace",
    "php_generic_services",
    "ruby_package",
    "deprecated",
  ],
  message: ["deprecated", "message_set_wire_format", "no_standard_descriptor_accessor", "map_entry"],
  field: ["default", "packed", "deprecated", "json_name", "ctype", "jstype", "lazy", "weak", "debug_redact"],
  oneof: [],
  enum: ["allow_alias", "deprecated"],
  "enum value": ["deprecated"],
  service: ["deprecated"],
  method: ["deprecated", "idempotency_level"],
} as const;

const booleans: ReadonlySet<string> = new Set([
  "cc_generic_services",
  "java_generic_services",
  "py_generic_services",
  "deprecated",
  "packed",
  "allow_alias",
]);
const IDEMPOTENCY = ["IDEMPOTENCY_UNKNOWN", "NO_SIDE_EFFECTS", "IDEMPOTENT"];

/** Notes options that nothing knows, and refuses wrong values of those that are read. */
export function checkOptions(
  place: keyof typeof knownOptions,
  options: readonly IdlOption[],
  problems: ProblemList,
): void {
  const known: readonly string[] = knownOptions[place];
  for (const option of options) {
    if (!known.includes(option.name)) {
      const text = `${place} option ${option.name} has no effect here${didYouMean(option.name, known)}`;
      problems.note(option.at, "IDL_OPTION_UNKNOWN", text);
    } else if (booleans.has(option.name) && boolOption(options, option.name) === undefined) {
      problems.error(option.at, "IDL_OPTION_VALUE", `option ${option.name} is true or false`);
    } else if (option.name === "idempotency_level" && !IDEMPOTENCY.includes(wordOf(option) ?? "")) {
      problems.error(option.at, "IDL_OPTION_VALUE", `option idempotency_level is one of ${IDEMPOTENCY.join(", ")}`);
    }
  }
}

export function findOption(options: readonly IdlOption[], name: string): IdlOption | undefined {
  return options.find((option) => option.name === name);
}

/** `undefined` when the option is missing or no bool. */
export function boolOption(options: readonly IdlOption[], name: string): boolean | undefined {
  const word = wordOf(findOption(options, name));
  if (word === "true") return true;
  return word === "false" ? false : undefined;
}

export function wordOf(option: IdlOption | undefined): string | undefined {
  return option?.value.kind === "word" ? option.value.text : undefined;
}
