import { allMessages, type FieldModel, type MessageModel } from "./model.js";
import type { ProblemList } from "./problem.js";

/** A message that requires itself, directly or through others, can never be written. */
export function checkRequiredRecursion(messages: readonly MessageModel[], problems: ProblemList): void {
  const all = allMessages({ messages });
  const edges = new Map(all.map((message) => [message.fullName, message.fields.filter(isRequiredMessage)]));
  for (const message of all) {
    const field = edges.get(message.fullName)?.find((edge) => reaches(targetOf(edge), message.fullName, edges));
    if (!field) continue;
    const text = `field ${field.name} requires ${message.name} inside ${message.name}, without end; make it optional`;
    problems.error(field.at, "IDL_REQUIRED_RECURSION", text);
  }
}

function isRequiredMessage(field: FieldModel): boolean {
  return field.label === "required" && field.type.kind === "message";
}

function targetOf(field: FieldModel): string {
  return field.type.kind === "message" ? field.type.fullName : "";
}

function reaches(from: string, target: string, edges: ReadonlyMap<string, readonly FieldModel[]>): boolean {
  const seen = new Set<string>();
  const open = [from];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (next === target) return true;
    if (seen.has(next)) continue;
    seen.add(next);
    open.push(...(edges.get(next) ?? []).map(targetOf));
  }
  return false;
}
