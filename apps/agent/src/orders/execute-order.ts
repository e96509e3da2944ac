/** Which feature carries out which action. */
import type { OrderAction } from "@msec/protocol";
import { ServiceNotReloaded } from "../errors.js";
import { type ActivateDeps, activateRelease } from "../releases/activate-release.js";
import { type InstallDeps, installRelease } from "../releases/install-release.js";
import { reloadService } from "../supervision/reload-service.js";
import type { OrderOutcome, ReportStep } from "./order-desk.js";

/** Less than the console waits for the answer. */
const RELOAD_TIMEOUT_MS = 45_000;

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
    case "service.restart":
      return restart(action.service, deps, report);
    case "service.start":
    case "service.stop":
      return operate(action, deps, report);
  }
}

/** New workers beside the old ones, so that no call fails; a stop and a start where that cannot be. @throws {ServiceNotReloaded} */
async function restart(service: string, deps: ActivateDeps, report: ReportStep): Promise<OrderOutcome> {
  const { supervisor, clock } = deps;
  report("reload", service);
  const outcome = await reloadService(supervisor.get(service), RELOAD_TIMEOUT_MS, clock);
  if (outcome.kind === "failed") throw new ServiceNotReloaded({ service, why: outcome.why });
  if (outcome.kind === "done") return { text: `${service} has new workers`, previousReleaseId: "" };
  report("stop", service);
  await supervisor.stop(service);
  return operate({ op: "service.start", service }, deps, report);
}

async function operate(
  action: Extract<OrderAction, { op: "service.start" | "service.stop" }>,
  { supervisor }: ActivateDeps,
  report: ReportStep,
): Promise<OrderOutcome> {
  const { op, service } = action;
  if (op === "service.stop") {
    report("stop", service);
    await supervisor.stop(service);
    return { text: `${service} is stopped`, previousReleaseId: "" };
  }
  report("start", service);
  supervisor.start(service);
  return { text: `${service} is started`, previousReleaseId: "" };
}
