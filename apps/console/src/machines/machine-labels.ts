/** Where things are: labels of machines, joined into the instances that run on them. */
import type { NamingLabels } from "@msec/naming";
import type { MachineStore } from "./machine-store.js";

/** Labels by address of the machine. */
export type LabelsByHost = ReadonlyMap<string, NamingLabels>;

export function hasLabels({ zone, rack, set }: NamingLabels): boolean {
  return zone !== "" || rack !== "" || set !== "";
}

export async function labelsByHost(machines: Pick<MachineStore, "list">): Promise<LabelsByHost> {
  return new Map((await machines.list()).map(({ address, labels }) => [address, labels]));
}

/** Its own labels; without any, those of the machine it is on. */
export function labelsOf(instance: { readonly host: string; readonly labels: NamingLabels }, machines: LabelsByHost) {
  return hasLabels(instance.labels) ? instance.labels : (machines.get(instance.host) ?? instance.labels);
}
