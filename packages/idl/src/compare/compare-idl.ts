/**
 * What programs built from an old and a new IDL would do to one another. Both run side by side during every release, so a message
 * of either must be readable by the other.
 */

import { allEnums, allMessages, type IdlModel, type MessageModel, type MethodModel } from "../model.js";
import { compareEnums } from "./compare-enums.js";
import { compareFields } from "./compare-fields.js";
import type { CompatProblem, CompatRule, Report } from "./compat-problem.js";

/** Compatibility problems between two versions of an IDL, errors first; empty when everything fits. */
export function compareIdl(before: IdlModel, after: IdlModel): readonly CompatProblem[] {
  const problems: CompatProblem[] = [];
  new Comparison(before, after, (problem) => void problems.push(problem)).run();
  return problems.sort((a, b) => Number(a.severity === "warning") - Number(b.severity === "warning"));
}

class Comparison {
  readonly #before: IdlModel;
  readonly #after: IdlModel;
  readonly #report: Report;
  readonly #old: ReadonlyMap<string, MessageModel>;
  readonly #new: ReadonlyMap<string, MessageModel>;
  readonly #met = new Set<string>();

  constructor(before: IdlModel, after: IdlModel, report: Report) {
    this.#before = before;
    this.#after = after;
    this.#report = report;
    this.#old = new Map(allMessages(before).map((message) => [this.#local(message.fullName, before), message]));
    this.#new = new Map(allMessages(after).map((message) => [this.#local(message.fullName, after), message]));
  }

  run(): void {
    this.#package();
    this.#services();
    for (const [name, message] of this.#old) {
      if (this.#new.has(name)) this.#messages(name, name);
      else this.#removed("MESSAGE_REMOVED", message, "message");
    }
    const enums = new Map(allEnums(this.#after).map((type) => [this.#local(type.fullName, this.#after), type]));
    for (const type of allEnums(this.#before)) {
      const now = enums.get(this.#local(type.fullName, this.#before));
      if (now) compareEnums(type, now, this.#report);
      else this.#removed("ENUM_REMOVED", type, "enum");
    }
  }

  #package(): void {
    const [old, now] = [this.#before.packageName, this.#after.packageName];
    if (old === now) return;
    const message = `package ${old || "(none)"} became ${now || "(none)"}: every method has another name`;
    this.#report({ severity: "error", rule: "PACKAGE_CHANGED", path: old, line: 1, isOldLine: false, message });
  }

  #services(): void {
    for (const service of this.#before.services) {
      const now = this.#after.services.find(({ name }) => name === service.name);
      const at = { path: service.fullName, line: service.at.line, isOldLine: true } as const;
      if (!now)
        this.#report({ severity: "error", rule: "SERVICE_REMOVED", ...at, message: `service ${service.name} is gone` });
      for (const method of now ? service.methods : []) {
        this.#method(
          method,
          now?.methods.find(({ name }) => name === method.name),
        );
      }
    }
  }

  #method(method: MethodModel, now: MethodModel | undefined): void {
    const path = method.fullName;
    if (!now) {
      const message = `method ${method.name} is gone`;
      const { line } = method.at;
      this.#report({ severity: "error", rule: "METHOD_REMOVED", path, line, isOldLine: true, message });
      return;
    }
    if (method.isIdempotent && !now.isIdempotent) {
      const message = `method ${method.name} may no longer be repeated, older callers still do it`;
      const { line } = now.at;
      this.#report({ severity: "warning", rule: "METHOD_NOT_IDEMPOTENT", path, line, isOldLine: false, message });
    }
    this.#meet(method.inputType, now.inputType);
    this.#meet(method.outputType, now.outputType);
  }

  #meet(oldName: string, newName: string): void {
    this.#messages(this.#local(oldName, this.#before), this.#local(newName, this.#after));
  }

  #messages(oldName: string, newName: string): void {
    const [old, now] = [this.#old.get(oldName), this.#new.get(newName)];
    const key = `${oldName}\n${newName}`;
    if (!old || !now || this.#met.has(key)) return;
    this.#met.add(key);
    compareFields(old, now, { report: this.#report, meet: (a, b) => this.#meet(a, b) });
  }

  #removed(
    rule: CompatRule,
    { name, fullName, at }: MessageModel | ReturnType<typeof allEnums>[number],
    kind: string,
  ): void {
    const message = `${kind} ${name} is gone`;
    this.#report({ severity: "warning", rule, path: fullName, line: at.line, isOldLine: true, message });
  }

  #local(fullName: string, model: IdlModel): string {
    return model.packageName === "" ? fullName : fullName.slice(model.packageName.length + 1);
  }
}
