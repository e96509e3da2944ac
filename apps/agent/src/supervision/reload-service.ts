/** New workers beside those that run: what an order does instead of stop and start where it can, so that no call fails. */
import type { Clock } from "@msec/core";
import type { HostState } from "./host-state.js";
import type { SupervisedService } from "./supervised-service.js";

const POLL_MS = 100;

type ReloadOutcome =
  | { readonly kind: "done" }
  /** Nothing runs, it ended meanwhile, or only a restart helps: stop and start it. */
  | { readonly kind: "impossible" }
  /** The workers of before go on. */
  | { readonly kind: "failed"; readonly why: string };

/** Has the controller start workers from the current release; resolves when they have taken over, or will not. */
export async function reloadService(
  service: SupervisedService,
  timeoutMs: number,
  clock: Clock,
): Promise<ReloadOutcome> {
  service.poll();
  const before = service.hostState?.reload;
  if (before === undefined || !service.tellReload()) return { kind: "impossible" };
  const untilMs = clock.monotonicMs() + timeoutMs;
  for (;;) {
    await Promise.race([service.changed(), clock.sleep(POLL_MS)]);
    service.poll();
    if (service.phase.kind !== "running") return { kind: "impossible" };
    const outcome = outcomeOf(service.hostState?.reload, before.number);
    if (outcome !== undefined) return outcome;
    if (clock.monotonicMs() >= untilMs)
      return { kind: "failed", why: `its new workers were not ready within ${timeoutMs} ms` };
  }
}

function outcomeOf(reload: HostState["reload"], before: number): ReloadOutcome | undefined {
  if (reload === undefined || reload.number <= before || reload.state === "running") return undefined;
  if (reload.state === "done") return { kind: "done" };
  return reload.needsRestart === true ? { kind: "impossible" } : { kind: "failed", why: reload.text };
}
