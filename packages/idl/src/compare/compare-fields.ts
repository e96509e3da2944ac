import type { ScalarType } from "@msec/protocol";
import type { FieldModel, MessageModel } from "../model.js";
import type { CompatProblem, CompatRule, Meet, Report } from "./compat-problem.js";

interface Outlet {
  readonly report: Report;
  readonly meet: Meet;
}

/** Types of one group are written the same way; values outside the smaller one are cut. */
const groups: Partial<Record<ScalarType | "enum", string>> = {
  int32: "varint",
  int64: "varint",
  uint32: "varint",
  uint64: "varint",
  bool: "varint",
  enum: "varint",
  sint32: "zigzag",
  sint64: "zigzag",
  fixed32: "fixed32",
  sfixed32: "fixed32",
  fixed64: "fixed64",
  sfixed64: "fixed64",
  string: "text",
  bytes: "text",
};

export function compareFields(before: MessageModel, after: MessageModel, outlet: Outlet): void {
  for (const field of before.fields) {
    const now = after.fields.find(({ number }) => number === field.number);
    if (now) compareField(field, now, outlet);
    else reportRemoved(field, after, outlet.report);
  }
  for (const field of after.fields) {
    if (!before.fields.some(({ number }) => number === field.number)) reportNew(field, before, outlet.report);
  }
}

function problem(severity: CompatProblem["severity"], rule: CompatRule, message: string) {
  return { severity, rule, message };
}

function reportRemoved(field: FieldModel, after: MessageModel, report: Report): void {
  const moved = after.fields.find(({ name }) => name === field.name);
  const at = { path: field.fullName, line: (moved ?? field).at.line, isOldLine: moved === undefined };
  if (moved) {
    const text = `field ${field.name} had number ${field.number}, now ${moved.number}; give the new meaning a new name`;
    report({ ...problem("error", "FIELD_RENUMBERED", text), ...at });
    return;
  }
  const isKept = after.reserved.ranges.some(({ from, to }) => field.number >= from && field.number <= to);
  const hint = isKept ? "" : `; add "reserved ${field.number};" so that nobody takes its number`;
  const isRequired = field.label === "required";
  const text = `${isRequired ? "required " : ""}field ${field.name} is gone${isRequired ? ", older readers refuse the message" : hint}`;
  report({ ...problem(isRequired ? "error" : "warning", "FIELD_REMOVED", text), ...at });
}

function reportNew(field: FieldModel, before: MessageModel, report: Report): void {
  const at = { path: field.fullName, line: field.at.line, isOldLine: false };
  if (field.label === "required" && !before.fields.some(({ name }) => name === field.name)) {
    const text = `new field ${field.name} is required, older writers don't send it; make it optional`;
    report({ ...problem("error", "FIELD_REQUIRED", text), ...at });
  }
  if (before.reserved.ranges.some(({ from, to }) => field.number >= from && field.number <= to)) {
    const text = `number ${field.number} of field ${field.name} was reserved: it belonged to a field that is gone`;
    report({ ...problem("error", "NUMBER_REUSED", text), ...at });
  }
}

function compareField(old: FieldModel, now: FieldModel, { report, meet }: Outlet): void {
  const at = { path: old.fullName, line: now.at.line, isOldLine: false };
  for (const found of [
    compareNames(old, now),
    compareTypes(old, now),
    compareLabels(old, now),
    compareForms(old, now),
  ]) {
    if (found) report({ ...found, ...at });
  }
  if (old.type.kind === "message" && now.type.kind === "message") meet(old.type.fullName, now.type.fullName);
}

type Found = ReturnType<typeof problem> | undefined;

function compareNames(old: FieldModel, now: FieldModel): Found {
  if (old.name === now.name) return undefined;
  const text = `field ${old.name} (number ${old.number}) is called ${now.name} now; JSON and source code see it`;
  return problem("warning", "FIELD_RENAMED", text);
}

function compareTypes(old: FieldModel, now: FieldModel): Found {
  const [a, b] = [typeText(old), typeText(now)];
  if (a === b || (old.type.kind === "message" && now.type.kind === "message")) return undefined;
  const isClose = groupOf(old) !== undefined && groupOf(old) === groupOf(now);
  const text = `field ${old.name} was ${a}, now ${b}`;
  if (old.type.kind === "enum" && now.type.kind === "enum") return problem("warning", "FIELD_TYPE_CHANGED", text);
  return isClose
    ? problem("warning", "FIELD_TYPE_CHANGED", `${text}: values outside both types are misread`)
    : problem("error", "FIELD_TYPE_CHANGED", `${text}: written in another way`);
}

/** The last part of a message's or enum's name: packages may differ. */
function typeText({ type }: FieldModel): string {
  return type.kind === "scalar" ? type.scalar : type.fullName.slice(type.fullName.lastIndexOf(".") + 1);
}

function groupOf({ type }: FieldModel): string | undefined {
  if (type.kind === "scalar") return groups[type.scalar];
  return type.kind === "enum" ? groups.enum : undefined;
}

function compareLabels(old: FieldModel, now: FieldModel): Found {
  if (old.label === now.label) return undefined;
  const wasRepeated = old.label === "repeated";
  if (wasRepeated || now.label === "repeated") {
    const text = `field ${old.name} ${wasRepeated ? "is no longer" : "became"} repeated`;
    return problem("error", "FIELD_REPEATED_CHANGED", text);
  }
  if (now.label === "required") {
    const text = `field ${old.name} became required, older writers may leave it out`;
    return problem("error", "FIELD_REQUIRED", text);
  }
  if (old.label !== "required") return undefined;
  const text = `field ${old.name} is no longer required; renew all readers before a writer leaves it out`;
  return problem("warning", "FIELD_NOT_REQUIRED", text);
}

function compareForms(old: FieldModel, now: FieldModel): Found {
  if (old.label === "repeated" && now.label === "repeated" && old.packed !== now.packed) {
    const text = `field ${old.name} is ${now.packed ? "now" : "no longer"} packed; very old readers know one form only`;
    return problem("warning", "FIELD_PACKED_CHANGED", text);
  }
  if (String(old.defaultValue) === String(now.defaultValue)) return undefined;
  return problem("warning", "FIELD_DEFAULT_CHANGED", `the default of ${old.name} changed: old and new programs differ`);
}
