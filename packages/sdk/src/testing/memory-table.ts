/** What the agent of a machine would keep in shared memory about the instances of one service, in the memory of a test. */
import { MemoryHealthTable } from "@msec/balancer";
import { parseHostPort } from "@msec/core";
import type { PickTable } from "../picking/pick-table.js";

/** As in the tables of an agent. */
const MAX_TOKENS_MILLI = 10_000;

/** What stands behind a name. */
export interface NamedInstances {
  readonly addresses: readonly string[];
  /** Default `tcp`. */
  readonly transport?: "tcp" | "udp" | undefined;
}

export class MemoryTable extends MemoryHealthTable implements PickTable {
  /** The default. */
  readonly policyId = 0;
  #tokensMilli = MAX_TOKENS_MILLI;

  readonly #transport: "tcp" | "udp";

  constructor({ addresses, transport = "tcp" }: NamedInstances) {
    super(addresses.map((address) => ({ address, weight: 100 })));
    this.#transport = transport;
  }

  host(slot: number): string {
    return parseHostPort(this.address(slot)).host;
  }

  port(slot: number): number {
    return parseHostPort(this.address(slot)).port;
  }

  transport(): "tcp" | "udp" {
    return this.#transport;
  }

  takeRetryToken(): boolean {
    if (this.#tokensMilli < 1_000) return false;
    this.#tokensMilli -= 1_000;
    return true;
  }

  addRetryTokens(milli: number): void {
    this.#tokensMilli = Math.min(MAX_TOKENS_MILLI, this.#tokensMilli + milli);
  }

  reopenIfReplaced(): boolean {
    return false;
  }

  close(): void {
    // nothing is held
  }
}
