/**
 * What the console announces as rows of the archived system's tables. They know machines, not instances: an address, up to
 * eight ports, one count of successes and failures. So instances of one machine share a row, as long as they are alike.
 */
import type { ServiceEntry, ServiceInstance } from "@msec/naming";
import {
  ipKeyOf,
  NLB_MAX_PORTS,
  NLB_POLICIES,
  type NlbPolicy,
  type NlbServer,
  type NlbServersView,
  type NlbService,
} from "@msec/protocol";

const MAX_WEIGHT = 10_000;
/** Weights are cut to integers at each step, so small ones would fall to nothing at once. */
const LEAST_WEIGHT = 100;

/** Instances that the layout can't hold (IPv6) are left out. @param set label of this machine, for partitioned services */
export function tableListOf(entry: ServiceEntry, set: string): NlbService {
  const usable = entry.instances.filter(({ host }) => ipKeyOf(host) !== 0);
  const own = entry.partition ? usable.filter((instance) => instance.set === set) : usable;
  const policy = Object.hasOwn(NLB_POLICIES, entry.policy) ? (entry.policy as NlbPolicy) : "standard";
  return { policy, tuning: entry.tuning ?? {}, servers: scaleWeights(groupByMachine(own)) };
}

/** A service that has no instance any more. */
export const EMPTY_LIST: NlbService = { policy: "standard", tuning: {}, servers: [] };

/** A row weighs as much as its instances together, so that each keeps its share. */
function groupByMachine(instances: readonly ServiceInstance[]): NlbServer[] {
  const rows = new Map<string, ServiceInstance[]>();
  for (const instance of instances) {
    const key = `${instance.host} ${instance.transport} ${instance.weight}`;
    const row = rows.get(key) ?? [];
    row.push(instance);
    rows.set(key, row);
  }
  return [...rows.values()].flatMap(toServers);
}

function toServers(alike: readonly ServiceInstance[]): NlbServer[] {
  const servers: NlbServer[] = [];
  for (let at = 0; at < alike.length; at += NLB_MAX_PORTS) {
    const some = alike.slice(at, at + NLB_MAX_PORTS);
    const [{ host, transport, weight }] = some as [ServiceInstance];
    servers.push({ host, transport, ports: some.map(({ port }) => port), weight: weight * some.length });
  }
  return servers;
}

/** Brings the weights to 100 … 10000 with their proportions, where they fit. */
function scaleWeights(servers: readonly NlbServer[]): NlbServer[] {
  const weights = servers.map(({ weight }) => weight);
  const [least, most] = [Math.min(...weights), Math.max(...weights)];
  const factor = least < LEAST_WEIGHT ? Math.max(1, Math.min(LEAST_WEIGHT / least, MAX_WEIGHT / most)) : 1;
  const scaled = (weight: number): number => Math.min(MAX_WEIGHT, Math.round(weight * factor));
  return servers.map((server) => ({ ...server, weight: scaled(server.weight) }));
}

/** Whether a table holds this list already, in whatever order. */
export function isSameList(view: NlbServersView, list: NlbService): boolean {
  const rows = Array.from({ length: view.serverCount }, (_, n) => textOf(view.server(n)));
  return rows.length === list.servers.length && rows.toSorted().join() === list.servers.map(textOf).toSorted().join();
}

function textOf({ host, ports, transport, weight }: NlbServer): string {
  return `${host} ${ports.join("+")} ${transport} ${weight}`;
}
