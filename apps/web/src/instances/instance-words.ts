import type { Instance } from "@msec/api-schema";
import type { Tone } from "../ui/state-tag.js";

/** How an instance stands, from its process, its machine and how others see it; the worst wins. Pure. */

export type InstanceState =
  | "well"
  | "ejected"
  | "trial"
  | "unreachable"
  | "unknown"
  | "away"
  | "down"
  | "working"
  | "idle"
  | "out";

export const INSTANCE_TONES: Readonly<Record<InstanceState, Tone>> = {
  well: "well",
  ejected: "failing",
  trial: "degraded",
  unreachable: "failing",
  unknown: "unknown",
  away: "failing",
  down: "failing",
  working: "working",
  idle: "unknown",
  out: "unknown",
};

export function instanceState(instance: Instance): InstanceState {
  const { process, views } = instance;
  if (["starting", "stopping"].includes(process.state)) return "working";
  if (instance.status === "disabled") return process.state === "running" ? "idle" : "out";
  if (instance.machineState === "away" && !isForeign(instance)) return "away";
  if (["backoff", "stopped", "absent"].includes(process.state) && instance.machineState === "online") return "down";
  if (views.some((view) => view.state === "ejected")) return "ejected";
  if (views.some((view) => view.state === "unreachable")) return "unreachable";
  if (views.some((view) => view.state === "trial")) return "trial";
  return isForeign(instance) && views.length === 0 ? "unknown" : "well";
}

/** Of a foreign program only those who call or dial it know how it is. */
export function isForeign({ process }: Instance): boolean {
  return process.state === "unknown" && process.text === "";
}

/** The reason in words: the balancers' own, then the process's; of a foreign one that is well what was seen last. */
export function instanceReasons(instance: Instance): string[] {
  const seen = instance.views
    .filter((view) => view.state !== "well" && view.text !== "")
    .map((view) => `${view.machine}: ${view.text}`);
  const [first] = instance.views;
  if (seen.length === 0 && first && isForeign(instance)) return [`${first.machine}: ${first.text}`];
  return instance.process.text === "" ? seen : [...seen, instance.process.text];
}

/** In flight over all machines that see it; null when none does. */
export function totalInFlight(instance: Instance): number | null {
  return instance.views.length === 0 ? null : instance.views.reduce((sum, view) => sum + view.inFlight, 0);
}

/** Worst latency any machine sees; null when none has called it. */
export function worstLatencyMs(instance: Instance): number | null {
  return Math.max(0, ...instance.views.map((view) => view.latencyMs)) || null;
}
