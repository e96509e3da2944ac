/** How this machine's callers see the instances they call: read from the live tables, for the heartbeat. */
import {
  describeInstance,
  HEALTH_FIELD as F,
  type InstanceFacts,
  type InstanceState,
  PROBE_RESULT,
} from "@msec/balancer";
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
      if (!isWorthALook(view, slot, well.length < MAX_REPORTS)) continue;
      const report = reportSlot(service, view, slot, nowMs);
      if (!report) continue;
      (report.state === "well" ? well : ailing).push(report);
    }
  }
  return [...ailing, ...well].slice(0, MAX_REPORTS);
}

/** A few plain reads, since a machine may know tens of thousands of instances and call few of them. */
function isWorthALook(view: LiveTable, slot: number, hasRoom: boolean): boolean {
  if (view.get(slot, F.ejectedUntil) !== 0 || view.get(slot, F.probeResult) === PROBE_RESULT.failed) return true;
  if (!hasRoom) return false;
  const isUsed = view.get(slot, F.lastPickAt) !== 0 || view.get(slot, F.lastReportAt) !== 0;
  return isUsed || view.get(slot, F.probeAt) !== 0;
}

function reportSlot(service: string, view: LiveTable, slot: number, nowMs: number): RouteReport | undefined {
  const { state, text, facts, address } = describeInstance(view, slot, { nowMs });
  const seen = isUnheard(facts) ? seenByProbe(facts) : undefined;
  const reported = seen?.state ?? STATES[state];
  if (!reported) return undefined;
  return {
    service,
    address,
    state: reported,
    successRatio: facts.successRatio ?? (reported === "well" ? 1 : 0),
    latencyMs: facts.latencyMs,
    inFlight: facts.inFlight,
    text: (seen?.text ?? text).slice(0, 256),
  };
}

/** In use, and no call told of it lately: what the agent's own connections found counts. */
function isUnheard({ ejectReason, ejectedForMs, lastPickAgoMs, probe }: InstanceFacts): boolean {
  const isOut = ejectReason !== "none" || ejectedForMs !== undefined;
  return !isOut && probe !== undefined && probe.agoMs < (lastPickAgoMs ?? Number.POSITIVE_INFINITY);
}

function seenByProbe({ probe }: InstanceFacts): Pick<RouteReport, "state" | "text"> | undefined {
  if (probe === undefined) return undefined;
  const ago = `${Math.max(0, Math.round(probe.agoMs / 1_000))} s ago`;
  if (probe.answered) return { state: "well", text: `accepted a connection ${ago}` };
  return {
    state: "unreachable",
    text: `did not accept a connection ${ago}; in use until another one is known to answer`,
  };
}
