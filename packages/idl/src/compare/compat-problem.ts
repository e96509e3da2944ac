/** Each kind of change that is told. */
export const COMPAT_RULES = {
  PACKAGE_CHANGED: "The package is part of every method's name.",
  SERVICE_REMOVED: "A service is gone, or its name changed.",
  METHOD_REMOVED: "A method is gone, or its name changed.",
  METHOD_NOT_IDEMPOTENT: "A method may no longer be repeated, but older callers still repeat it.",
  MESSAGE_REMOVED: "A message is gone or renamed; code that uses its type must change.",
  FIELD_REMOVED: "A field is gone.",
  FIELD_RENUMBERED: "A field has another number.",
  FIELD_RENAMED: "A field has another name: JSON and source code see it, bytes do not.",
  FIELD_TYPE_CHANGED: "A field has another type.",
  FIELD_REQUIRED: "A field is required and was not, or is new and required.",
  FIELD_NOT_REQUIRED: "A field is no longer required, but older readers refuse a message without it.",
  FIELD_REPEATED_CHANGED: "A field became repeated, or is no longer.",
  FIELD_PACKED_CHANGED: "A repeated field is written in the other form, which very old readers do not know.",
  FIELD_DEFAULT_CHANGED: "An unset field means another value.",
  NUMBER_REUSED: "A new field has a number that was reserved.",
  ENUM_REMOVED: "An enum is gone or renamed; code that uses its type must change.",
  ENUM_VALUE_REMOVED: "An enum value is gone.",
  ENUM_VALUE_RENUMBERED: "An enum value has another number.",
} as const;

export type CompatRule = keyof typeof COMPAT_RULES;

export interface CompatProblem {
  /** `error`: messages are lost or misread. `warning`: works when done in the right order, or breaks source code only. */
  readonly severity: "error" | "warning";
  readonly rule: CompatRule;
  /** Full name of what changed, as in the old IDL (in the new one for what is new). */
  readonly path: string;
  /** Line in the new text, or in the old one when `isOldLine`. */
  readonly line: number;
  readonly isOldLine: boolean;
  readonly message: string;
}

/** Takes what a comparison finds. */
export type Report = (problem: CompatProblem) => void;

/** Two messages that meet on the wire. */
export type Meet = (oldName: string, newName: string) => void;
