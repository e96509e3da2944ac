/** The faults that are on, and which of them strikes. */
import type { Random } from "@msec/core";
import { ClusterInvalid } from "../errors.js";
import { type Ends, type Fault, type FaultPlace, HANDLER_FAULTS } from "./fault-kinds.js";

type Kind = Fault["kind"];

interface ActiveFault {
  readonly service: string;
  readonly place: FaultPlace;
  readonly fault: Fault;
  left: number;
}

export class FaultBoard {
  readonly #random: Random;
  readonly #active = new Set<ActiveFault>();

  constructor(random: Random) {
    this.#random = random;
  }

  /** @returns ends the fault @throws EXEC_CLUSTER_INVALID a method, a delay or a speed that cannot be */
  add(service: string, place: FaultPlace, fault: Fault): () => void {
    const problem = problemOf(place, fault);
    if (problem !== undefined) throw new ClusterInvalid({ problem: `the fault ${fault.kind}: ${problem}` });
    const active: ActiveFault = { service, place, fault, left: fault.times ?? Number.POSITIVE_INFINITY };
    this.#active.add(active);
    return () => void this.#active.delete(active);
  }

  clear(): void {
    this.#active.clear();
  }

  /** The first fault of these kinds that strikes here and now. */
  strike<K extends Kind>(
    ends: Ends,
    kinds: readonly K[],
    isMeant: (fault: Fault, place: FaultPlace) => boolean = () => true,
  ): Extract<Fault, { kind: K }> | undefined {
    for (const active of this.#active) {
      const { place, fault } = active;
      if (!(kinds as readonly Kind[]).includes(fault.kind) || !isWithin(active, ends) || !isMeant(fault, place))
        continue;
      if (this.#hits(active)) return fault as Extract<Fault, { kind: K }>;
    }
    return undefined;
  }

  /** All faults of a kind that strike here and now. */
  strikeAll<K extends Kind>(ends: Ends, kind: K, isMeant: (fault: Fault) => boolean): Extract<Fault, { kind: K }>[] {
    const struck: Extract<Fault, { kind: K }>[] = [];
    for (const active of this.#active) {
      const { fault } = active;
      if (fault.kind !== kind || !isWithin(active, ends) || !isMeant(fault)) continue;
      if (this.#hits(active)) struck.push(fault as Extract<Fault, { kind: K }>);
    }
    return struck;
  }

  /** In [from, to). */
  draw(from: number, to: number): number {
    return from + (to - from) * this.#random();
  }

  #hits(active: ActiveFault): boolean {
    const { rate } = active.fault;
    if (rate !== undefined && this.#random() >= rate) return false;
    if (--active.left <= 0) this.#active.delete(active);
    return true;
  }
}

function isWithin({ service, place }: ActiveFault, { from, to }: Ends): boolean {
  return (
    service === to.service &&
    (place.instance ?? to.instance) === to.instance &&
    (place.from ?? from.service) === from.service &&
    (place.fromInstance ?? from.instance) === from.instance
  );
}

function problemOf(place: FaultPlace, fault: Fault): string | undefined {
  const isOfHandlers = (HANDLER_FAULTS as readonly Kind[]).includes(fault.kind);
  if (place.method !== undefined && !isOfHandlers) return "the network knows no methods";
  if (fault.kind === "slow" && !(fault.bytesPerSec > 0)) return "bytesPerSec must be above 0";
  if (fault.kind !== "latency") return undefined;
  const [fromMs, toMs] = typeof fault.delayMs === "number" ? [fault.delayMs, fault.delayMs] : fault.delayMs;
  return fromMs >= 0 && toMs >= fromMs ? undefined : "delayMs must be 0 or more, the second number not below the first";
}
