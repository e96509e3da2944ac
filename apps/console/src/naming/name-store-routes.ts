/** The store of names as operators see it: state, decisions on differences, copies in and out. */
import type { NameImportStep, NameRecord, NameStoreStatus } from "@msec/api-schema";
import { toAppError } from "@msec/core";
import { type NameStore, planNames, type ServiceEntry } from "@msec/naming";
import type { OldMachine, ZookeeperNameStore } from "@msec/naming-zookeeper";
import { appendAudit } from "../audit/audit-chain.js";
import type { ConsoleContext } from "../context.js";
import { actorName, type RouteHandlers } from "../http/route-handlers.js";
import { NameStoreNotShared } from "./errors.js";
import type { NameTakeover } from "./name-takeover.js";
import type { NamingService } from "./naming-service.js";

export interface NameStoreRouteDeps extends Pick<ConsoleContext, "database" | "clock"> {
  readonly names: NameStore;
  readonly zookeeper: ZookeeperNameStore | undefined;
  readonly takeover: NameTakeover;
  readonly naming: NamingService;
}

const EMBEDDED: NameStoreStatus = {
  ...{ kind: "embedded", target: "", isConnected: true, problem: "", pending: 0, syncedAtMs: 0, distrust: false },
  ...{ differences: [], failed: [], oldMachines: [] },
};

export function nameStoreRoutes(deps: NameStoreRouteDeps): RouteHandlers {
  const { names, zookeeper } = deps;
  return {
    "naming.store": () => (zookeeper ? statusOf(zookeeper) : EMBEDDED),
    "naming.resolve": async ({ body, actor }) => {
      if (!zookeeper) throw new NameStoreNotShared({});
      const resolved = await zookeeper.resolve(body.services, body.keep);
      const who = actorName(actor);
      for (const { service, text } of resolved)
        await audit(deps, {
          actor: who,
          action: "naming.resolve",
          target: service,
          text: `keeps ${body.keep}: ${text}`,
        });
      if (body.keep === "theirs") await confirmTaken(deps, { services: resolved.map(({ service }) => service), who });
      return { resolved: resolved.map(({ service }) => service), differences: [...zookeeper.status().held] };
    },
    "naming.export": async () => ({ services: (await names.list()).map(toRecord) }),
    "naming.import": async ({ body, actor }) => {
      const steps = await importNames(deps, body);
      if (!body.dryRun) {
        const changed = steps.filter(({ action }) => action === "add" || action === "change");
        const text = `imported ${steps.length} names, ${changed.length} of them changed`;
        await audit(deps, { actor: actorName(actor), action: "naming.import", target: "names", text });
      }
      return { steps };
    },
  };
}

async function statusOf(zookeeper: ZookeeperNameStore): Promise<NameStoreStatus> {
  const { held, failed, ...status } = zookeeper.status();
  const machines = status.isConnected ? await zookeeper.oldMachines().catch(() => []) : [];
  return {
    kind: "zookeeper",
    ...status,
    differences: [...held],
    failed: [...failed],
    oldMachines: machines.map(toOldMachine),
  };
}

function toOldMachine({ address, load }: OldMachine): NameStoreStatus["oldMachines"][number] {
  return { address, cpuPercent: load ? Math.round(load.cpuPercent) : null, reportedAtMs: load?.atMs ?? 0 };
}

/** Who takes a removal over has confirmed it for the agents, too. */
async function confirmTaken(
  { naming }: NameStoreRouteDeps,
  { services, who }: { services: readonly string[]; who: string },
): Promise<void> {
  await naming.settled();
  const held = new Set(naming.held().map(({ service }) => service));
  const taken = services.filter((service) => held.has(service));
  if (taken.length > 0) await naming.confirm({ services: taken }, who);
}

async function importNames(
  { names, takeover }: NameStoreRouteDeps,
  { services, dryRun }: { services: readonly NameRecord[]; dryRun: boolean },
): Promise<NameImportStep[]> {
  const plan = planNames(services, await names.list());
  if (dryRun) return [...plan];
  const records = new Map(services.map((record) => [record.service, record]));
  const steps: NameImportStep[] = [];
  for (const step of plan) {
    const record = records.get(step.service);
    if (step.action === "same" || !record) {
      steps.push(step);
      continue;
    }
    try {
      await takeover.put(step.service, record, async (entry) => void (await names.put(step.service, entry)));
      steps.push(step);
    } catch (error) {
      steps.push({ service: step.service, action: "refused", text: toAppError(error).message });
    }
  }
  return steps;
}

function toRecord({ revision: _, instances, tuning, ...rest }: ServiceEntry): NameRecord {
  return { ...rest, ...(tuning && { tuning }), instances: [...instances] };
}

function audit(
  { database, clock }: Pick<NameStoreRouteDeps, "database" | "clock">,
  entry: { readonly actor: string; readonly action: string; readonly target: string; readonly text: string },
): Promise<void> {
  return database.transact((stores) => appendAudit(stores.audit, { atMs: clock.nowMs(), ...entry }));
}
