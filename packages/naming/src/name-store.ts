/**
 * The contract of a name store: which instances serve a name. One revision counts all changes of the store, so a reader that
 * knows its last revision can ask for what came after. The promises are name-store.contract.ts, run on every implementation.
 */
import { isIpv4, parseServiceName } from "@msec/core";
import { NameEntryInvalid, NameRevisionConflict } from "./errors.js";

export type InstanceTransport = "tcp" | "udp" | "all";

/** `host:port` is the identity. */
export interface ServiceInstance {
  /** IPv4. */
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
  readonly instances: readonly ServiceInstance[];
  /** Of the change that made it so. */
  readonly revision: number;
}

/** What a writer gives; the store adds name and revision. A missing weight is 100. */
export interface ServiceEntryInput {
  readonly policy: string;
  readonly instances: readonly (Omit<ServiceInstance, "weight"> & { readonly weight?: number })[];
}

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
   * @throws {NameEntryInvalid} a bad address, port, weight or transport, or the same address twice
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

/** Checks an entry and fills in defaults; instances get a fixed order, so that equal entries compare equal. */
export function checkEntry(service: string, input: ServiceEntryInput): Omit<ServiceEntry, "revision"> {
  parseServiceName(service);
  if (input.policy.length < 1 || input.policy.length > 32) throw invalid("policy", input.policy, "1 to 32 characters");
  const seen = new Set<string>();
  const instances = input.instances.map((raw) => {
    const instance = { host: raw.host, port: raw.port, transport: raw.transport, weight: raw.weight ?? 100 };
    checkInstance(instance);
    const address = `${instance.host}:${instance.port}`;
    if (seen.has(address)) throw invalid("instances", address, "each address once");
    seen.add(address);
    return instance;
  });
  if (instances.length > 10_000) throw invalid("instances", String(instances.length), "at most 10000");
  return { service, policy: input.policy, instances: instances.toSorted(byAddress) };
}

function checkInstance(instance: ServiceInstance): void {
  if (!isIpv4(instance.host)) throw invalid("host", instance.host, "an IPv4 address");
  if (!isWhole(instance.port, 1, 65_535)) throw invalid("port", String(instance.port), "1 to 65535");
  if (!isWhole(instance.weight, 1, 10_000))
    throw invalid("weight", String(instance.weight), "a whole number from 1 to 10000");
  if (!["tcp", "udp", "all"].includes(instance.transport))
    throw invalid("transport", instance.transport, "tcp, udp or all");
}

function isWhole(value: number, least: number, most: number): boolean {
  return Number.isInteger(value) && value >= least && value <= most;
}

function byAddress(a: ServiceInstance, b: ServiceInstance): number {
  return a.host === b.host ? a.port - b.port : a.host < b.host ? -1 : 1;
}

function invalid(field: string, value: string, rule: string): Error {
  return new NameEntryInvalid({ field, value, rule });
}

/** Whether writing `next` over `old` would change nothing. */
export function isSameEntry(old: ServiceEntry | undefined, next: Omit<ServiceEntry, "revision">): old is ServiceEntry {
  return (
    old !== undefined && old.policy === next.policy && JSON.stringify(old.instances) === JSON.stringify(next.instances)
  );
}

/** @throws {NameRevisionConflict} */
export function checkExpected(service: string, found: number, opts: PutOptions | undefined): void {
  const expected = opts?.expectedRevision;
  if (expected === undefined || expected === found) return;
  throw new NameRevisionConflict({ service, expectedRevision: expected, foundRevision: found });
}
