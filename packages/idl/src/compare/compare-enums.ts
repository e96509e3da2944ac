import type { EnumModel } from "../model.js";
import type { Report } from "./compat-problem.js";

export function compareEnums(before: EnumModel, after: EnumModel, report: Report): void {
  for (const value of before.values) {
    const now = after.values.find(({ name }) => name === value.name);
    const path = `${before.fullName}.${value.name}`;
    if (!now) {
      const message = `enum value ${value.name} = ${value.number} is gone`;
      const { line } = value.at;
      report({ severity: "warning", rule: "ENUM_VALUE_REMOVED", path, line, isOldLine: true, message });
    } else if (now.number !== value.number) {
      const message = `enum value ${value.name} was ${value.number}, now ${now.number}`;
      const { line } = now.at;
      report({ severity: "error", rule: "ENUM_VALUE_RENUMBERED", path, line, isOldLine: false, message });
    }
  }
}
