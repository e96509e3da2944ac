/** The rules of an entry. What passes has all defaults filled in, canonical addresses, and one order of keys and instances. */
import { canonicalIp, parseServiceName } from "@msec/core";
import { NameEntryInvalid } from "./errors.js";
import type {
  NamingLabels,
  ServiceEntry,
  ServiceEntryInput,
  ServiceInstance,
  ServiceInstanceInput,
} from "./name-store.js";
import { checkTuning } from "./naming-tuning.js";

/** Most instances of one service. */
export const MAX_INSTANCES = 10_000;
/** Nowhere in particular. */
export const NO_LABELS: NamingLabels = { zone: "", rack: "", set: "" };

const LABEL = /^[A-Za-z0-9._-]{0,32}$/;
const TRANSPORTS: readonly string[] = ["tcp", "udp", "all"];
const CHECKS: readonly string[] = ["none", "tcp"];
const LOCALITIES: readonly string[] = ["none", "zone", "rack"];

/**
 * Checks an entry and fills in defaults; instances get a fixed order, so that equal entries compare equal.
 *
 * @throws {NameEntryInvalid} names the field and its limit
 * @throws {ServiceNameInvalid}
 */
export function checkEntry(service: string, input: ServiceEntryInput): Omit<ServiceEntry, "revision"> {
  parseServiceName(service);
  const { policy, check = "none", locality = "none", partition = false } = input;
  if (typeof policy !== "string" || policy.length < 1 || policy.length > 32)
    throw invalid("policy", policy, "1 to 32 characters");
  checkOneOf("check", check, CHECKS);
  checkOneOf("locality", locality, LOCALITIES);
  if (typeof partition !== "boolean") throw invalid("partition", partition, "true or false");
  const tuning = checkTuning(input.tuning);
  const instances = checkInstances(input.instances);
  return { service, policy, check, locality, partition, ...(tuning && { tuning }), instances };
}

/** Checks labels and fills in "". @throws {NameEntryInvalid} */
export function checkLabels(input: Partial<NamingLabels>, field = ""): NamingLabels {
  const { zone = "", rack = "", set = "" } = input;
  for (const [key, value] of Object.entries({ zone, rack, set }))
    if (typeof value !== "string" || !LABEL.test(value))
      throw invalid(field + key, value, "at most 32 of A-Z a-z 0-9 . _ -");
  return { zone, rack, set };
}

function checkInstances(input: readonly ServiceInstanceInput[]): ServiceInstance[] {
  if (!Array.isArray(input)) throw invalid("instances", input, "a list");
  if (input.length > MAX_INSTANCES) throw invalid("instances", input.length, `at most ${MAX_INSTANCES}`);
  const seen = new Set<string>();
  const instances = input.map((raw: ServiceInstanceInput) => {
    const instance = checkInstance(raw);
    const address = `${instance.host} port ${instance.port}`;
    if (seen.has(address)) throw invalid("instances", address, "each address once");
    seen.add(address);
    return instance;
  });
  return instances.toSorted(byAddress);
}

function checkInstance(raw: ServiceInstanceInput): ServiceInstance {
  const { port, transport, weight = 100 } = raw;
  const host = typeof raw.host === "string" ? canonicalIp(raw.host) : undefined;
  if (host === undefined) throw invalid("host", raw.host, "an IPv4 or IPv6 address");
  if (!isWhole(port, 1, 65_535)) throw invalid("port", port, "1 to 65535");
  if (!isWhole(weight, 1, 10_000)) throw invalid("weight", weight, "a whole number from 1 to 10000");
  checkOneOf("transport", transport, TRANSPORTS);
  return { host, port, transport, weight, ...checkLabels({ ...definedLabels(raw) }) };
}

function definedLabels({ zone, rack, set }: ServiceInstanceInput): Partial<NamingLabels> {
  return { zone: zone ?? "", rack: rack ?? "", set: set ?? "" };
}

function checkOneOf(field: string, value: unknown, allowed: readonly string[]): void {
  if (typeof value === "string" && allowed.includes(value)) return;
  throw invalid(field, value, `one of ${allowed.join(", ")}`);
}

function isWhole(value: number, least: number, most: number): boolean {
  return Number.isInteger(value) && value >= least && value <= most;
}

function byAddress(a: ServiceInstance, b: ServiceInstance): number {
  return a.host === b.host ? a.port - b.port : a.host < b.host ? -1 : 1;
}

function invalid(field: string, value: unknown, rule: string): Error {
  return new NameEntryInvalid({ field, value: String(value), rule });
}
