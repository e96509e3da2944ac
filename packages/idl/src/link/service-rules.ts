import type { IdlModel } from "../model.js";
import { type IdlProblem, ProblemList } from "../problem.js";
import { boolOption } from "./option-values.js";

const top = { line: 1, column: 1 };

/**
 * What the IDL of a service must have beyond being valid: a package and a service with methods. Fit to be saved or run
 * when no problem is an error.
 */
export function checkServiceIdl(model: IdlModel): readonly IdlProblem[] {
  const problems = new ProblemList();
  if (model.packageName === "") {
    problems.error(top, "IDL_PACKAGE_MISSING", `there is no package; write "package name;" above the messages`);
  }
  if (model.services.length === 0) {
    const hint = `write "service Name { rpc Method(Request) returns (Response); }"`;
    problems.error(top, "IDL_SERVICE_MISSING", `there is no service; ${hint}`);
  }
  for (const [i, service] of model.services.entries()) {
    if (service.methods.length === 0) {
      problems.error(service.at, "IDL_SERVICE_EMPTY", `service ${service.name} has no method`);
    }
    if (i === 0) continue;
    const text = "several services in one file: older Python clients see the first, older Java servers the last";
    problems.warn(service.at, "IDL_SERVICE_SEVERAL", text);
  }
  checkGenericServices(model, problems);
  return problems.sorted();
}

function checkGenericServices(model: IdlModel, problems: ProblemList): void {
  for (const name of ["cc_generic_services", "java_generic_services"]) {
    if (boolOption(model.options, name) === true) continue;
    const language = name.startsWith("cc") ? "C++" : "Java";
    problems.note(top, "IDL_GENERIC_SERVICES", `callers in ${language} need "option ${name} = true;"`);
  }
}
