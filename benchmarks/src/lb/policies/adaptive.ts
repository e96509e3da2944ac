/** The balancer itself: one shared table per machine, a `Balancer` per process, and the agent's probes. */
import {
  Balancer,
  type BalancerSettings,
  DEFAULT_SETTINGS,
  isRefusing,
  MemoryHealthTable,
  reportProbe,
  tryPolicyId,
} from "@msec/balancer";
import type { MachineContext, SimPolicy } from "./sim-policy.js";

const PROBE_INTERVAL_MS = 1_000;

/** @param changes of the default settings, for tuning */
export function ownPolicy(policyName: string, changes: Partial<BalancerSettings> = {}): SimPolicy {
  const policyId = tryPolicyId(policyName);
  if (policyId === undefined) throw new Error(`no such policy: ${policyName}`);
  const settings = { ...DEFAULT_SETTINGS, ...changes };
  return {
    name: policyName,
    about: "the balancer of this repository, with the agent's probes",
    openMachine: (context) => {
      const table = new MemoryHealthTable(
        context.weights.map((weight, slot) => ({ address: `10.0.${slot >> 8}.${slot & 255}:80`, weight })),
      );
      context.every(PROBE_INTERVAL_MS, (nowMs) => probeRefusing(table, { context, settings, nowMs }));
      return {
        openProcess: (index) => {
          const random = context.random("pick", index);
          const balancer = new Balancer(table, { nowMs: context.nowMs, random, settings });
          balancer.usePolicy(policyId);
          return {
            pick: (nowMs) => balancer.pick([], 0, nowMs),
            report: (slot, end, latencyMs, nowMs) => {
              const generation = table.generation(slot);
              balancer.report({ slot, generation, outcome: end, latencyMs }, nowMs);
            },
          };
        },
      };
    },
  };
}

/** One round of the agent's prober (apps/agent/src/naming/prober.ts): instances out for refused connections are dialled. */
function probeRefusing(
  table: MemoryHealthTable,
  round: { context: MachineContext; settings: BalancerSettings; nowMs: number },
): void {
  const { context, settings, nowMs } = round;
  for (let index = 0; index < table.count; index += 1) {
    const slot = table.slotAt(index);
    if (!isRefusing(table, slot)) continue;
    reportProbe(table, slot, { answered: context.acceptsConnection(slot), nowMs, settings });
  }
}
