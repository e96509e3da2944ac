/** Which feature carries out which action. */
import type { OrderAction } from "@msec/protocol";
import { type ActivateDeps, activateRelease } from "../releases/activate-release.js";
import { type InstallDeps, installRelease } from "../releases/install-release.js";
import type { OrderOutcome, ReportStep } from "./order-desk.js";

export function executeOrder(
  action: OrderAction,
  deps: InstallDeps & ActivateDeps,
  report: ReportStep,
): Promise<OrderOutcome> {
  switch (action.op) {
    case "release.install":
      return installRelease(action, deps, report);
    case "release.activate":
      return activateRelease(action, deps, report);
    case "service.start":
    case "service.stop":
    case "service.restart":
      return operate(action, deps, report);
  }
}

async function operate(
  action: Extract<OrderAction, { op: "service.start" | "service.stop" | "service.restart" }>,
  { supervisor }: ActivateDeps,
  report: ReportStep,
): Promise<OrderOutcome> {
  const { op, service } = action;
  if (op !== "service.start") {
    report("stop", service);
    await supervisor.stop(service);
  }
  if (op !== "service.stop") {
    report("start", service);
    supervisor.start(service);
  }
  return { text: op === "service.stop" ? `${service} is stopped` : `${service} is started`, previousReleaseId: "" };
}
