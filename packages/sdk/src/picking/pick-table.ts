import type { HealthTable } from "@msec/balancer";

/** What is needed of a table; `LiveTable` of `@msec/shm` has it. */
export interface PickTable extends HealthTable {
  readonly policyId: number;
  host(slot: number): string;
  port(slot: number): number;
  transport(slot: number): "tcp" | "udp" | "all";
  takeRetryToken(): boolean;
  addRetryTokens(milli: number): void;
  reopenIfReplaced(): boolean;
  close(): void;
  /** Instances that are left out because they are of other sets. */
  readonly snapshot?: { readonly otherSetsCount: number };
}
