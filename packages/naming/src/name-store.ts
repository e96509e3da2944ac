/**
 * The contract of a name store: which instances serve a name. One revision counts all changes of the store, so a reader that
 * knows its last revision can ask for what came after. The promises are name-store.contract.ts, run on every implementation.
 */
import { NameRevisionConflict } from "./errors.js";
import type { NamingTuning } from "./naming-tuning.js";

export type InstanceTransport = "tcp" | "udp" | "all";
/** Whether agents dial instances that no call reports about. */
export type InstanceCheck = "none" | "tcp";
/** Which instances are preferred while they do well: any, those of the caller's zone, those of its rack. */
export type Locality = "none" | "zone" | "rack";

/** Where a machine or an instance is. Each "" = none, else at most 32 of `A-Z a-z 0-9 . _ -`. */
export interface NamingLabels {
  readonly zone: string;
  /** Means something within its zone only. */
  readonly rack: string;
  /** Partition; with {@link ServiceEntry.partition} only instances of the caller's own set are used. */
  readonly set: string;
}

/** `host:port` is the identity. */
export interface ServiceInstance extends NamingLabels {
  /** IPv4 or IPv6, in its canonical text. */
  readonly host: string;
  readonly port: number;
  readonly transport: InstanceTransport;
  /** 1 to 10000; 100 is usual. */
  readonly weight: number;
}

export interface ServiceEntry {
  /** `First.Second`. */
  readonly service: string;
  /** Name of a balancing policy; readers take unknown ones as the default. */
  readonly policy: string;
  readonly check: InstanceCheck;
  readonly locality: Locality;
  /** Only instances of the caller's own set. */
  readonly partition: boolean;
  /** What the operator set of the weight shaping; the rest has the defaults of nlb.md §2.1. */
  readonly tuning?: NamingTuning;
  readonly instances: readonly ServiceInstance[];
  /** Of the change that made it so. */
  readonly revision: number;
}

/** An instance as a writer may give it: weight 100 and no labels unless said. */
export type ServiceInstanceInput = Pick<ServiceInstance, "host" | "port" | "transport"> &
  Optional<Pick<ServiceInstance, "weight" | "zone" | "rack" | "set">>;

/** What a writer gives; the store adds name and revision. Missing: no check, no locality, no partition, no tuning. */
export interface ServiceEntryInput extends Optional<Pick<ServiceEntry, "check" | "locality" | "partition">> {
  readonly policy: string;
  readonly tuning?: NamingTuning | undefined;
  readonly instances: readonly ServiceInstanceInput[];
}

type Optional<T> = { readonly [K in keyof T]?: T[K] | undefined };

export interface NameSnapshot {
  readonly revision: number;
  readonly services: readonly ServiceEntry[];
}

/** One change: the whole new entry, or that there is none any more. */
export type NameDelta =
  | { readonly kind: "put"; readonly revision: number; readonly entry: ServiceEntry }
  | { readonly kind: "remove"; readonly revision: number; readonly service: string };

export interface PutOptions {
  /** Refuse if the entry is at another revision; 0 = it must not exist. */
  readonly expectedRevision?: number;
}

export interface NameStore {
  /** By name, ascending. */
  list(): Promise<readonly ServiceEntry[]>;
  get(service: string): Promise<ServiceEntry | undefined>;
  /**
   * Writes the whole entry. An entry without instances is allowed: the name exists, nobody serves it.
   * Writing what is there already changes nothing and gives the old revision.
   *
   * @throws {NameRevisionConflict} somebody changed it since `expectedRevision`
   * @throws {NameEntryInvalid} a bad address, port, weight, label or setting, or the same address twice
   */
  put(service: string, entry: ServiceEntryInput, opts?: PutOptions): Promise<ServiceEntry>;
  /** @returns false when there was none */
  remove(service: string): Promise<boolean>;
  snapshot(): Promise<NameSnapshot>;
  /** The latest change of each service after `revision`, ascending; `"reset"` when it is unknown here: take a snapshot. */
  changesSince(revision: number): Promise<readonly NameDelta[] | "reset">;
  /** Tells each change made through this store, in order, after it is kept. A listener that throws harms nobody. */
  onChange(listener: (delta: NameDelta) => void): () => void;
  close(): Promise<void>;
}

/** Whether writing `next` over `old` would change nothing. Both come from `checkEntry`, so their keys have one order. */
export function isSameEntry(old: ServiceEntry | undefined, next: Omit<ServiceEntry, "revision">): old is ServiceEntry {
  if (old === undefined) return false;
  const { revision: _, ...was } = old;
  const { revision: __, ...is } = next as ServiceEntry;
  return JSON.stringify(was) === JSON.stringify(is);
}

/** @throws {NameRevisionConflict} */
export function checkExpected(service: string, found: number, opts: PutOptions | undefined): void {
  const expected = opts?.expectedRevision;
  if (expected === undefined || expected === found) return;
  throw new NameRevisionConflict({ service, expectedRevision: expected, foundRevision: found });
}
