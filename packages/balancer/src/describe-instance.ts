/** The state of an instance for people (one sentence) and programs (facts). */
import { admission, elapsedMs, PROBE_RESULT, rampShare, toTick } from "./ejection.js";
import { EJECT_REASON, HEALTH_FIELD as F, type HealthTable } from "./health-table.js";
import { type BalancerSettings, DEFAULT_SETTINGS } from "./settings.js";

/** `unused` = no call from this machine yet; `failing` = in use with failures in a row; `due` = waits for the trial call. */
export type InstanceState = "ready" | "unused" | "failing" | "ramping" | "ejected" | "due" | "trial";

export interface InstanceDescription {
  readonly address: string;
  readonly state: InstanceState;
  /** For example "ejected 12 s ago: refused connections; next trial in 3 s". */
  readonly text: string;
  readonly facts: InstanceFacts;
}

export interface InstanceFacts {
  readonly weight: number;
  /** 0 to 1: part of its weight that it gets now. */
  readonly share: number;
  readonly inFlight: number;
  /** Of the window, 0 to 1; `undefined` without calls. */
  readonly successRatio: number | undefined;
  readonly windowSuccesses: number;
  readonly windowFailures: number;
  readonly consecutiveFailures: number;
  /** 0 to 1: how much it refused as busy lately. */
  readonly busyRatio: number;
  /** 0 to 1 and above: evidence that it fails more than the others, as a part of what ejects. */
  readonly suspicion: number;
  /** Only one process had reason for the ejection; another one tries it next. */
  readonly isAccusedByOne: boolean;
  readonly latencyMs: number;
  readonly peakLatencyMs: number;
  readonly ejectReason: "none" | "refused" | "consecutiveFailures" | "lowSuccess" | "probeFailed";
  readonly ejectedForMs: number | undefined;
  readonly nextTrialInMs: number | undefined;
  readonly ejectStreak: number;
  readonly lastFailureAgoMs: number | undefined;
  readonly lastPickAgoMs: number | undefined;
  /** Last attempt of the agent to connect. */
  readonly probe: { readonly agoMs: number; readonly answered: boolean } | undefined;
  readonly pickedTotal: number;
  readonly successTotal: number;
  readonly failureTotal: number;
  readonly busyTotal: number;
}

const REASON_TEXT: Readonly<Record<InstanceFacts["ejectReason"], string>> = {
  none: "no reason noted",
  refused: "refused connections",
  consecutiveFailures: "failed calls in a row",
  lowSuccess: "fails more than the others",
  probeFailed: "did not answer a probe",
};

/** @param nowMs on the clock of the table */
export function describeInstance(
  table: HealthTable,
  slot: number,
  opts: { nowMs: number; settings?: BalancerSettings },
): InstanceDescription {
  const settings = opts.settings ?? DEFAULT_SETTINGS;
  const now = toTick(opts.nowMs);
  const facts = readFacts(table, slot, now, settings);
  const state = stateOf(table, slot, { now, settings, facts });
  return { address: table.address(slot), state, text: sentence(state, facts), facts };
}

function readFacts(table: HealthTable, slot: number, now: number, settings: BalancerSettings): InstanceFacts {
  const get = (field: (typeof F)[keyof typeof F]) => table.get(slot, field);
  const agoMs = (field: (typeof F)[keyof typeof F]) => (get(field) === 0 ? undefined : elapsedMs(now, get(field)));
  const successes = Math.max(0, (get(F.successTotal) - get(F.successMark)) | 0);
  const failures = Math.max(0, (get(F.failureTotal) - get(F.failureMark)) | 0);
  const inFlight = Math.max(0, get(F.inFlight));
  const ended = get(F.successTotal) + get(F.failureTotal) + get(F.busyTotal) + get(F.cancelledTotal);
  const isOut = get(F.ejectedUntil) !== 0;
  return {
    weight: table.weight(slot),
    share: isOut ? 0 : rampShare(table, slot, now, settings),
    inFlight,
    successRatio: successes + failures === 0 ? undefined : successes / (successes + failures),
    windowSuccesses: successes,
    windowFailures: failures,
    consecutiveFailures: get(F.consecutiveFailures),
    busyRatio: get(F.busyMilli) / 1_000,
    suspicion: get(F.evidenceMilli) / 1_000 / settings.evidenceToEject,
    isAccusedByOne: isOut && get(F.accuser) !== 0,
    latencyMs: get(F.latencyEwmaUs) / 1_000,
    peakLatencyMs: get(F.peakLatencyUs) / 1_000,
    ejectReason: isOut ? reasonName(get(F.ejectReason)) : "none",
    ejectedForMs: isOut ? agoMs(F.ejectedAt) : undefined,
    nextTrialInMs: isOut ? Math.min(settings.ejectMaxMs, Math.max(0, elapsedMs(get(F.ejectedUntil), now))) : undefined,
    ejectStreak: get(F.ejectStreak),
    lastFailureAgoMs: agoMs(F.lastFailureAt),
    lastPickAgoMs: agoMs(F.lastPickAt),
    probe: probeOf(get(F.probeResult), agoMs(F.probeAt)),
    pickedTotal: (ended + inFlight) >>> 0,
    successTotal: get(F.successTotal) >>> 0,
    failureTotal: get(F.failureTotal) >>> 0,
    busyTotal: get(F.busyTotal) >>> 0,
  };
}

function stateOf(
  table: HealthTable,
  slot: number,
  known: { now: number; settings: BalancerSettings; facts: InstanceFacts },
): InstanceState {
  const state = admission(table, slot, known.now, known);
  if (state === "ejected") return "ejected";
  if (state === "due") return table.get(slot, F.trialAt) === 0 ? "due" : "trial";
  if (known.facts.consecutiveFailures > 0) return "failing";
  if (known.facts.share < 1) return "ramping";
  return known.facts.pickedTotal === 0 ? "unused" : "ready";
}

function sentence(state: InstanceState, facts: InstanceFacts): string {
  const whose = facts.isAccusedByOne ? " of one process" : "";
  const out = `ejected ${duration(facts.ejectedForMs ?? 0)} ago: ${REASON_TEXT[facts.ejectReason]}${whose}`;
  const latency = `${facts.latencyMs.toFixed(1)} ms`;
  const busy = facts.busyRatio < 0.01 ? "" : `, busy for ${Math.round(facts.busyRatio * 100)} %`;
  const ratio = facts.successRatio === undefined ? "no recent calls" : `${Math.round(facts.successRatio * 100)} % ok`;
  const success = `${ratio}${busy}`;
  const texts: Readonly<Record<InstanceState, string>> = {
    ready: `in use: ${success}, ${latency}`,
    unused: "in use: not called from this machine yet",
    failing: `in use: ${facts.consecutiveFailures} failed calls in a row, ${success}, ${latency}`,
    ramping: `in use at ${Math.round(facts.share * 100)} % of its share, growing: ${success}, ${latency}`,
    ejected: `${out}; next trial in ${duration(facts.nextTrialInMs ?? 0)}`,
    due: `${out}; the next call tries it`,
    trial: `${out}; a trial call is under way`,
  };
  return texts[state];
}

function probeOf(result: number, agoMs: number | undefined): InstanceFacts["probe"] {
  return result === PROBE_RESULT.none || agoMs === undefined
    ? undefined
    : { agoMs, answered: result === PROBE_RESULT.answered };
}

function duration(ms: number): string {
  if (ms < 1_000) return `${Math.max(0, Math.round(ms))} ms`;
  const seconds = Math.round(ms / 1_000);
  return seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}

function reasonName(value: number): InstanceFacts["ejectReason"] {
  const names = Object.keys(EJECT_REASON) as InstanceFacts["ejectReason"][];
  return names.find((name) => EJECT_REASON[name] === value) ?? "none";
}
