import type { Attribute } from "@msec/api-schema";

/** Who calls a service and whom it calls, read from the framework's attributes. Pure. */

interface Neighbour {
  readonly name: string;
  readonly calls: number;
  readonly failures: number;
}

export interface Neighbours {
  readonly callers: readonly Neighbour[];
  readonly callees: readonly Neighbour[];
}

const CALLER = /^frm\.rpc caller \[(.+)\]$/;
const CALL = /^frm\.rpc call \[([^:\]]+)(?::[^\]]*)?\]( fail:.*)?$/;

/** Sums calls and failures by neighbour; most calls first. */
export function readNeighbours(attributes: readonly Pick<Attribute, "attribute" | "sum">[]): Neighbours {
  const callers = new Map<string, { calls: number; failures: number }>();
  const callees = new Map<string, { calls: number; failures: number }>();
  for (const { attribute, sum } of attributes) {
    const caller = CALLER.exec(attribute)?.[1];
    if (caller) add(callers, caller, "calls", sum);
    const call = CALL.exec(attribute);
    if (call?.[1]) add(callees, call[1], call[2] === undefined ? "calls" : "failures", sum);
  }
  return { callers: sorted(callers), callees: sorted(callees) };
}

function add(
  into: Map<string, { calls: number; failures: number }>,
  name: string,
  field: "calls" | "failures",
  sum: number,
): void {
  const entry = into.get(name) ?? { calls: 0, failures: 0 };
  entry[field] += sum;
  into.set(name, entry);
}

function sorted(from: Map<string, { calls: number; failures: number }>): Neighbour[] {
  return [...from]
    .map(([name, counts]) => ({ name, ...counts }))
    .sort((a, b) => b.calls - a.calls || a.name.localeCompare(b.name));
}
