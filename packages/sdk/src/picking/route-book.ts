/** Uses of instances whose end the author tells: who was picked and when, so that what was counted in is counted out once. */
import type { Balancer } from "@msec/balancer";
import type { CallOutcome } from "@msec/rpc";
import type { PickTable } from "./pick-table.js";

/** An end that was not told by then is taken for one that says nothing. */
const FORGET_AFTER_MS = 60_000;
/** Per address; of more uses at once the oldest are forgotten. */
const MAX_PENDING = 10_000;

interface Use {
  readonly slot: number;
  readonly generation: number;
  readonly atMs: number;
}

export interface UseEnd {
  readonly outcome: CallOutcome;
  readonly costMs: number;
  readonly nowMs: number;
}

export class RouteBook {
  readonly #table: PickTable;
  readonly #balancer: Balancer;
  readonly #pending = new Map<string, Use[]>();

  constructor(table: PickTable, balancer: Balancer) {
    this.#table = table;
    this.#balancer = balancer;
  }

  /** The slot was picked, and so counted in. */
  begin(slot: number, nowMs: number): void {
    this.#forgetOld(nowMs);
    const address = this.#table.address(slot);
    const pending = this.#pending.get(address) ?? [];
    if (pending.length >= MAX_PENDING) this.#forget(pending.shift()!);
    pending.push({ slot, generation: this.#table.generation(slot), atMs: nowMs });
    this.#pending.set(address, pending);
  }

  /** Tells the balancer of the oldest use of this address. Unknown addresses are ignored: the instance may be gone. */
  end(address: string, { outcome, costMs, nowMs }: UseEnd): void {
    const use = this.#pending.get(address)?.shift() ?? this.#beginUnpicked(address, nowMs);
    if (!use) return;
    this.#balancer.report({ slot: use.slot, generation: use.generation, outcome, latencyMs: costMs });
  }

  /** A report without a pick is counted in, so that counting out is right. */
  #beginUnpicked(address: string, nowMs: number): Use | undefined {
    const table = this.#table;
    for (let n = 0; n < table.count; n += 1) {
      const slot = table.slotAt(n);
      if (table.address(slot) !== address) continue;
      table.begin(slot);
      return { slot, generation: table.generation(slot), atMs: nowMs };
    }
    return undefined;
  }

  #forget({ slot, generation }: Use): void {
    this.#balancer.report({ slot, generation, outcome: "cancelled", latencyMs: 0 });
  }

  #forgetOld(nowMs: number): void {
    for (const [address, pending] of this.#pending) {
      while (pending[0] && pending[0].atMs < nowMs - FORGET_AFTER_MS) {
        this.#forget(pending.shift()!);
      }
      if (pending.length === 0) this.#pending.delete(address);
    }
  }
}
