import type { Health } from "@msec/api-schema";
import type { InstanceFact } from "./instance-facts.js";
import type { InstanceStatus } from "./service-tables.js";

/** An instance with what is known of it. */
export interface ObservedInstance {
  readonly address: string;
  readonly status: InstanceStatus;
  readonly fact: InstanceFact;
}

type Verdict = "good" | "changing" | "bad" | "unknown";

/** Addresses that are named in a text at most. */
const MAX_NAMED = 3;

/** Health of a service from its instances in traffic; instances out of traffic do not count. */
export function serviceHealth(instances: readonly ObservedInstance[]): { health: Health; healthText: string } {
  if (instances.length === 0) return { health: "unknown", healthText: "no instances yet" };
  const inTraffic = instances.filter((instance) => instance.status === "enabled");
  if (inTraffic.length === 0) return { health: "unknown", healthText: "no instance is in traffic" };
  const verdicts = inTraffic.map((instance) => ({ instance, verdict: judge(instance.fact) }));
  const bad = verdicts.filter((v) => v.verdict === "bad");
  const total = inTraffic.length;
  if (bad.length > 0) {
    const healthText = `${bad.length} of ${total} instances in traffic do not serve: ${name(bad.map((v) => v.instance))}`;
    return { health: bad.length === total ? "failing" : "degraded", healthText };
  }
  const changing = verdicts.filter((v) => v.verdict === "changing");
  if (changing.length > 0) {
    const healthText = `${changing.length} of ${total} instances in traffic start or stop: ${name(changing.map((v) => v.instance))}`;
    return { health: "degraded", healthText };
  }
  const unknown = verdicts.filter((v) => v.verdict === "unknown");
  if (unknown.length === total)
    return { health: "unknown", healthText: "nothing is known of the instances in traffic" };
  const rest = unknown.length > 0 ? `; nothing is known of ${unknown.length}` : "";
  return { health: "well", healthText: `${total - unknown.length} of ${total} instances in traffic serve${rest}` };
}

/** Callers' views count first: they tell whether calls succeed. Then the processes, as their agent sees them. */
function judge(fact: InstanceFact): Verdict {
  const bad = fact.views.filter(isBad).length;
  if (bad * 2 > fact.views.length) return "bad";
  switch (fact.process.state) {
    case "running":
      return "good";
    case "starting":
    case "stopping":
      return "changing";
    case "unknown":
      return fact.views.length > 0 ? "good" : "unknown";
    default:
      return "bad";
  }
}

function name(instances: readonly ObservedInstance[]): string {
  const named = instances.slice(0, MAX_NAMED).map((i) => `${i.address} ${why(i.fact)}`);
  return instances.length > MAX_NAMED ? `${named.join(", ")} …` : named.join(", ");
}

/** A process that runs well may still not be reached: then the callers' words count. */
function why({ process, views }: InstanceFact): string {
  const bad = views.find(isBad);
  if (bad && (process.state === "running" || process.state === "unknown"))
    return `${bad.text} (seen by ${bad.machine})`;
  return process.text || process.state;
}

function isBad({ state }: InstanceFact["views"][number]): boolean {
  return state === "ejected" || state === "unreachable";
}
