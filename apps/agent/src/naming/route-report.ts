/** How this machine's callers see the instances they call: read from the live tables, for the heartbeat. */
import { describeInstance, type InstanceState } from "@msec/balancer";
import type { RouteReport } from "@msec/protocol";
import { bootNowMs, type LiveTable } from "@msec/shm";

/** Most reports in one heartbeat; those that are not well come first. */
const MAX_REPORTS = 2_000;

const STATES: Readonly<Record<InstanceState, RouteReport["state"] | undefined>> = {
  ready: "well",
  failing: "well",
  ramping: "well",
  /** Never called from here: nothing to tell. */
  unused: undefined,
  ejected: "ejected",
  due: "ejected",
  trial: "trial",
};

export function reportRoutes(views: Iterable<readonly [string, LiveTable]>): RouteReport[] {
  const ailing: RouteReport[] = [];
  const well: RouteReport[] = [];
  const nowMs = bootNowMs();
  for (const [service, view] of views) {
    for (const slot of view.snapshot.slots) {
      const report = reportSlot(service, view, slot, nowMs);
      if (!report) continue;
      (report.state === "well" ? well : ailing).push(report);
    }
  }
  return [...ailing, ...well].slice(0, MAX_REPORTS);
}

function reportSlot(service: string, view: LiveTable, slot: number, nowMs: number): RouteReport | undefined {
  const { state, text, facts, address } = describeInstance(view, slot, { nowMs });
  const reported = STATES[state];
  if (!reported) return undefined;
  return {
    service,
    address,
    state: reported,
    successRatio: facts.successRatio ?? (reported === "well" ? 1 : 0),
    latencyMs: facts.latencyMs,
    inFlight: facts.inFlight,
    text: text.slice(0, 256),
  };
}
