/**
 * The archived system: one table per machine, weights computed anew every 5 s by its agent. Its agents know dead machines by
 * heartbeats, but none dies here: the trouble is with processes.
 */
import { OriginalBalancer, type OriginalCompat } from "@msec/balancer";
import type { CallEnd } from "../sim-call.js";
import type { MachineContext, SimMachine, SimPolicy } from "./sim-policy.js";

const CYCLE_MS = 5_000;

interface Variant {
  readonly compat: OriginalCompat;
  readonly isFailure: (end: CallEnd) => boolean;
}

/** Its client reports what went wrong on the way; an answer that is an error counts as a success. */
const SHIPPED: Variant = {
  compat: "as-shipped",
  isFailure: (end) => end === "refused" || end === "reset" || end === "timeout",
};
const PERFECT: Variant = { compat: "fixed", isFailure: (end) => end !== "success" };

export const originalPolicy: SimPolicy = {
  name: "original",
  about: "the archived system as shipped: weights every 5 s, error answers count as successes",
  openMachine: (context) => openMachine(context, SHIPPED),
};

export const originalPerfectPolicy: SimPolicy = {
  name: "original repaired",
  about: "its algorithm with three defects repaired and perfect reporting: each failure counts",
  openMachine: (context) => openMachine(context, PERFECT),
};

function openMachine({ weights, random, every }: MachineContext, { compat, isFailure }: Variant): SimMachine {
  const hosts = weights.map((_, slot) => `10.0.${slot >> 8}.${slot & 255}`);
  const slots = new Map(hosts.map((host, slot) => [host, slot]));
  const servers = hosts.map((host, slot) => {
    return { host, weight: weights[slot]!, transport: "tcp" as const, ports: [80] };
  });
  const balancer = new OriginalBalancer(
    { policy: "standard", tuning: {}, servers },
    { random: random("pick"), compat },
  );
  every(CYCLE_MS, (nowMs) => balancer.cycle(nowMs));
  return {
    openProcess: () => ({
      pick: () => slots.get(balancer.search()?.host ?? "") ?? 0,
      report: (slot, end, latencyMs) => {
        const report = isFailure(end) ? { failed: 1, costMs: 0 } : { failed: 0, costMs: latencyMs };
        balancer.report(hosts[slot]!, report);
      },
    }),
  };
}
