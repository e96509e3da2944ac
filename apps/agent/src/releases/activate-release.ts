/**
 * `release.activate`: switch, and have what runs start workers of the new release beside the old ones, or stop it and start it anew
 * where that cannot be; keep the new release only when it became healthy. The switch is noted before it begins, so that an agent that
 * dies in the middle goes back to the old release when it starts again.
 */
import { type Clock, type HomePaths, type Logger, parseServiceName, type ServiceHomePaths } from "@msec/core";
import type { OrderAction } from "@msec/protocol";
import { hostLogPath } from "@msec/rpc/process";
import { ReleaseMissing, ReleaseUnhealthy } from "../errors.js";
import type { OrderOutcome, ReportStep } from "../orders/order-desk.js";
import { reloadService } from "../supervision/reload-service.js";
import type { ServicesFile } from "../supervision/services-file.js";
import type { SupervisedService } from "../supervision/supervised-service.js";
import type { Supervisor } from "../supervision/supervisor.js";
import { readLogTail } from "./log-tail.js";
import { pruneReleases, switchCurrent, tryActiveRelease, tryReadRelease } from "./release-directory.js";
import { waitHealthy } from "./wait-healthy.js";

const KEPT_RELEASES = 5;

export type ActivateAction = Extract<OrderAction, { op: "release.activate" }>;

export interface ActivateDeps {
  readonly paths: HomePaths;
  readonly supervisor: Supervisor;
  readonly file: ServicesFile;
  readonly address: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** @throws {ReleaseMissing} {ReleaseUnhealthy} what ran before runs again then */
export async function activateRelease(
  action: ActivateAction,
  deps: ActivateDeps,
  report: ReportStep,
): Promise<OrderOutcome> {
  const { service, releaseId } = action;
  const { supervisor, file } = deps;
  const own = deps.paths.service(parseServiceName(service));
  if (!tryReadRelease(own, releaseId)) throw new ReleaseMissing({ service, releaseId });
  const from = tryActiveRelease(own);
  if (from === releaseId && (await isHealthyNow(action, deps)))
    return { text: `${releaseId} is active already`, previousReleaseId: from };
  const { wanted } = file.get(service);
  file.update(service, { switching: { from: from ?? null, wanted } });
  const log = readLogTail(hostLogPath(own.log));
  try {
    const why =
      (await takeOver({ ...action, from }, deps, report)) ??
      (await waitHealthy(supervisor.get(service), healthTarget(action, deps.address), deps.clock));
    if (why !== undefined) throw new ReleaseUnhealthy({ service, releaseId, why: `${why}${log.since()}` });
  } catch (error) {
    report("roll back", from ?? "no release");
    await goBack(service, own, deps);
    if (from !== undefined && wanted === "running") await reportComeback({ ...action, releaseId: from }, deps, report);
    throw error;
  }
  file.update(service, { switching: undefined });
  report("healthy", releaseId);
  prune(own, [releaseId, from], deps.logger);
  return { text: `${releaseId} is active`, previousReleaseId: from ?? "" };
}

/** Switches; the new release serves, or begins to. @returns why its workers did not start; then the old ones go on */
async function takeOver(
  { service, releaseId, healthTimeoutMs, from }: ActivateAction & { readonly from: string | undefined },
  { paths, supervisor, clock }: ActivateDeps,
  report: ReportStep,
): Promise<string | undefined> {
  const own = paths.service(parseServiceName(service));
  if (from !== undefined && supervisor.get(service).phase.kind === "running") {
    report("reload", `${from} → ${releaseId}`);
    switchCurrent(own, releaseId);
    const outcome = await reloadService(supervisor.get(service), healthTimeoutMs, clock);
    if (outcome.kind === "done") return undefined;
    if (outcome.kind === "failed") return outcome.why;
  }
  report("stop", from === undefined ? "nothing runs" : from);
  await supervisor.stop(service);
  switchCurrent(own, releaseId);
  report("start", releaseId);
  supervisor.start(service);
  return undefined;
}

/** Finishes a roll-back that an earlier life of the agent could not. Call before services are looked after. */
export function undoCutOffSwitches(paths: HomePaths, file: ServicesFile, logger: Logger): void {
  for (const service of file.services) {
    const { switching } = file.get(service);
    if (!switching) continue;
    logger.warn("switch of a release was cut off, going back", { service, to: switching.from });
    switchCurrent(paths.service(parseServiceName(service)), switching.from ?? undefined);
  }
}

/** Second half of {@link undoCutOffSwitches}: a process of the release that was given up is replaced. */
export async function finishCutOffSwitches(deps: ActivateDeps): Promise<void> {
  for (const service of deps.file.services) {
    if (!deps.file.get(service).switching) continue;
    await goBack(service, deps.paths.service(parseServiceName(service)), deps);
  }
}

async function goBack(service: string, own: ServiceHomePaths, deps: ActivateDeps): Promise<void> {
  const { supervisor, file } = deps;
  const { switching } = file.get(service);
  if (!switching) return;
  switchCurrent(own, switching.from ?? undefined);
  if (takesBack(supervisor.get(service), switching.from)) {
    file.update(service, { switching: undefined });
    return;
  }
  await supervisor.stop(service);
  if (switching.wanted === "running" && switching.from !== null) supervisor.start(service);
  file.update(service, { switching: undefined });
}

/** Whether the workers of that release still serve. New ones that are on their way then find it current, behind what was ordered. */
function takesBack(supervised: SupervisedService, releaseId: string | null): boolean {
  supervised.poll();
  const state = supervised.hostState;
  if (supervised.phase.kind !== "running" || state === undefined || state.releaseId !== releaseId) return false;
  return state.reload?.state === "running" ? supervised.tellReload() : true;
}

/** The order ends when it is known whether what ran before serves again. */
async function reportComeback(before: ActivateAction, deps: ActivateDeps, report: ReportStep): Promise<void> {
  const { service, releaseId } = before;
  const why = await waitHealthy(deps.supervisor.get(service), healthTarget(before, deps.address), deps.clock);
  if (why === undefined) report("healthy", `${releaseId} runs again`);
  else report("unhealthy", `${releaseId} did not come back: ${why}`);
}

async function isHealthyNow(action: ActivateAction, deps: ActivateDeps): Promise<boolean> {
  const target = { ...healthTarget(action, deps.address), timeoutMs: 0 };
  return (await waitHealthy(deps.supervisor.get(action.service), target, deps.clock)) === undefined;
}

function healthTarget(action: ActivateAction, address: string) {
  const { releaseId, port, healthTimeoutMs } = action;
  return { releaseId, port, address, timeoutMs: healthTimeoutMs };
}

function prune(own: ServiceHomePaths, kept: readonly (string | undefined)[], logger: Logger): void {
  try {
    pruneReleases(own, KEPT_RELEASES, kept);
  } catch (error) {
    logger.warn("old releases can't be deleted", { why: String(error) }); // the switch itself succeeded
  }
}
