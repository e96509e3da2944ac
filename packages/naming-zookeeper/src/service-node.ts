/**
 * A service as a node of the archived system, `/nameservice/<First>/<Second>`: JSON of nlb.md §2.1, which agents of the old kind read.
 * What that JSON can't hold is in one more key, `msec`, which they skip. A service that needs none of it is written as the archived
 * console would.
 *
 *   msec.policy      ours, when `Policy` says less; `adaptive` is written as plain `standard`
 *   msec.check, msec.locality, msec.partition
 *   msec.instances   by `ip:port`: zone, rack, set, and the weight when `w` had to be raised (old agents want 100 to 10000)
 *   msec.ipv6        instances that old agents can't dial
 *
 * An archived console writes without `msec` and without tuning keys. Such a text says nothing about them, so what was known stays.
 */
import { createHash } from "node:crypto";
import { formatHostPort, isAppError, isIpv4, toAppError } from "@msec/core";
import {
  checkEntry,
  type NamingLabels,
  type ServiceEntry,
  type ServiceEntryInput,
  type ServiceInstance,
} from "@msec/naming";
import {
  formatNlbService,
  NLB_POLICIES,
  type NlbPolicy,
  type NlbServer,
  type NlbTuning,
  parseNlbService,
} from "@msec/protocol";
import { ZookeeperNodeInvalid } from "./errors.js";

type Entry = Omit<ServiceEntry, "revision">;

/** ZooKeeper closes the connection on more than 1 MiB. */
const MAX_NODE_BYTES = 1_000_000;
const LEAST_WEIGHT = 100;
const MOST_WEIGHT = 10_000;
const NO_SERVERS = -5;

interface InstanceExtras {
  readonly weight?: number;
  readonly zone?: string;
  readonly rack?: string;
  readonly set?: string;
}

interface Extras {
  readonly policy?: string;
  readonly check?: Entry["check"];
  readonly locality?: Entry["locality"];
  readonly partition?: boolean;
  readonly instances?: Readonly<Record<string, InstanceExtras>>;
  readonly ipv6?: readonly ServiceInstance[];
}

/** @throws {ZookeeperNodeInvalid} more than the node, or an agent of the old kind, can take */
export function formatServiceNode(entry: Entry): Buffer {
  const old = entry.instances.filter(({ host }) => isIpv4(host));
  const weights = writtenWeights(old);
  const servers = old.map(({ host, port, transport }, n) => ({
    host,
    ports: [port],
    transport,
    weight: weights[n] ?? LEAST_WEIGHT,
  }));
  const text = formatOriginal(entry, servers);
  const extras = JSON.stringify(extrasOf(entry, weights));
  const bytes = Buffer.from(extras === "{}" ? text : `${text.slice(0, -1)},"msec":${extras}}`);
  if (bytes.length <= MAX_NODE_BYTES) return bytes;
  const problem = `${bytes.length} B with ${entry.instances.length} instances, a node holds ${MAX_NODE_BYTES}`;
  throw new ZookeeperNodeInvalid({ service: entry.service, problem });
}

/** Equal for entries that are written alike. */
export function digestOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("base64url").slice(0, 22);
}

/**
 * @param known what is known of the service, for what an archived console does not write
 * @throws {ZookeeperNodeInvalid} an agent of the old kind would refuse it too, or an address is none
 */
export function parseServiceNode(service: string, data: Uint8Array, known?: ServiceEntry): Entry {
  try {
    const { original, extras } = readNode(data);
    const { tuning = {} } = original;
    const keptTuning = extras === undefined && Object.keys(tuning).length === 0 ? known?.tuning : shortRatios(tuning);
    return checkEntry(service, {
      policy: policyOf(original.policy, extras, known),
      check: extras ? extras.check : known?.check,
      locality: extras ? extras.locality : known?.locality,
      partition: extras ? extras.partition : known?.partition,
      tuning: keptTuning,
      instances: instancesOf(original.servers, extras, known),
    });
  } catch (error) {
    if (!isAppError(error)) throw error;
    throw new ZookeeperNodeInvalid({ service, problem: error.message }, { cause: error });
  }
}

/** The archived console writes an empty list when nothing is enabled; its agents refuse that and keep what they have. */
function formatOriginal(entry: Entry, servers: readonly NlbServer[]): string {
  const policy = writtenPolicy(entry.policy);
  const tuning = { ...entry.tuning };
  if (servers.length > 0) return formatNlbService({ policy, tuning, servers });
  const stand: NlbServer = { host: "127.0.0.1", ports: [1], transport: "all", weight: LEAST_WEIGHT };
  return formatNlbService({ policy, tuning, servers: [stand] }).replace(/"IPInfo":\[.*\]\}$/, '"IPInfo":[]}');
}

function writtenPolicy(policy: string): NlbPolicy {
  return Object.hasOwn(NLB_POLICIES, policy) ? (policy as NlbPolicy) : "standard";
}

/** In proportion, the smallest raised to 100. */
function writtenWeights(instances: readonly ServiceInstance[]): readonly number[] {
  const least = instances.reduce((sum, { weight }) => Math.min(sum, weight), LEAST_WEIGHT);
  const scale = (weight: number) => Math.round((weight * LEAST_WEIGHT) / least);
  return instances.map(({ weight }) => Math.min(MOST_WEIGHT, Math.max(LEAST_WEIGHT, scale(weight))));
}

function extrasOf(entry: Entry, weights: readonly number[]): Extras {
  const instances: Record<string, InstanceExtras> = {};
  let n = 0;
  for (const instance of entry.instances) {
    if (!isIpv4(instance.host)) continue;
    const { weight, zone, rack, set } = instance;
    const more = {
      ...(weights[n] !== weight && { weight }),
      ...(zone && { zone }),
      ...(rack && { rack }),
      ...(set && { set }),
    };
    if (Object.keys(more).length > 0) instances[formatHostPort(instance)] = more;
    n += 1;
  }
  const ipv6 = entry.instances.filter(({ host }) => !isIpv4(host));
  const { policy, check, locality, partition } = entry;
  return {
    ...(!isImplied(policy) && { policy }),
    ...(check !== "none" && { check }),
    ...(locality !== "none" && { locality }),
    ...(partition && { partition }),
    ...(Object.keys(instances).length > 0 && { instances }),
    ...(ipv6.length > 0 && { ipv6 }),
  };
}

/** Whether `Policy` alone is read back as this. */
function isImplied(policy: string): boolean {
  return policy === "adaptive" || (policy !== "standard" && Object.hasOwn(NLB_POLICIES, policy));
}

function readNode(data: Uint8Array): { original: ReturnType<typeof parseNlbService>; extras: Extras | undefined } {
  const original = readOriginal(data);
  const end = data.at(-1) === 0 ? data.indexOf(0) : data.length;
  const { msec } = JSON.parse(Buffer.from(data.subarray(0, end)).toString()) as { msec?: unknown };
  const isObject = typeof msec === "object" && msec !== null && !Array.isArray(msec);
  return { original, extras: isObject ? (msec as Extras) : undefined };
}

function readOriginal(data: Uint8Array): ReturnType<typeof parseNlbService> {
  try {
    return parseNlbService(data);
  } catch (error) {
    if (toAppError(error).details.number !== NO_SERVERS) throw error;
    const text = Buffer.from(data).toString().replace(/\0.*$/s, "");
    const root = JSON.parse(text) as { IPInfo: unknown[] };
    if (root.IPInfo.length > 0) throw error;
    const stand = { IP: "127.0.0.1", ports: [], t: "all", w: LEAST_WEIGHT };
    return { ...parseNlbService(Buffer.from(JSON.stringify({ ...root, IPInfo: [stand] }))), servers: [] };
  }
}

function policyOf(written: NlbPolicy, extras: Extras | undefined, known: ServiceEntry | undefined): string {
  if (extras?.policy !== undefined && writtenPolicy(extras.policy) === written) return extras.policy;
  if (extras === undefined && known !== undefined && writtenPolicy(known.policy) === written) return known.policy;
  return written === "standard" ? "adaptive" : written;
}

/** Ratios come as 32-bit floats; the shortest decimal of the same float is what somebody wrote. */
function shortRatios(tuning: Partial<NlbTuning>): ServiceEntryInput["tuning"] {
  return Object.fromEntries(Object.entries(tuning).map(([key, value]) => [key, shortest(value)]));
}

function shortest(value: number): number {
  if (Number.isInteger(value)) return value;
  for (let digits = 1; digits < 9; digits += 1) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === Math.fround(value)) return short;
  }
  return value;
}

function instancesOf(
  servers: readonly NlbServer[],
  extras: Extras | undefined,
  known: ServiceEntry | undefined,
): ServiceInstance[] {
  const pairs = new Map<string, ServiceInstance>();
  const labelsAt = labelsOf(extras, known);
  for (const server of servers) {
    if (server.host === "0.0.0.0")
      throw new ZookeeperNodeInvalid({ service: known?.service ?? "", problem: "an IP that is none" });
    for (const port of server.ports) {
      const { host, transport, weight } = server;
      const address = formatHostPort({ host, port });
      const first = pairs.get(address);
      const carried = first && first.transport !== transport ? "all" : transport;
      const labels = labelsAt(address);
      pairs.set(address, { host, port, transport: carried, weight: first?.weight ?? weight, ...labels });
    }
  }
  const read = [...pairs.values()];
  const ipv6 = extras ? (extras.ipv6 ?? []) : (known?.instances ?? []).filter(({ host }) => !isIpv4(host));
  return [...withOwnWeights(read, extras), ...ipv6];
}

/** Labels by address. */
function labelsOf(extras: Extras | undefined, known: ServiceEntry | undefined): (address: string) => NamingLabels {
  const byAddress = new Map<string, Partial<NamingLabels>>(
    extras
      ? Object.entries(extras.instances ?? {})
      : known?.instances.map((instance) => [formatHostPort(instance), instance]),
  );
  return (address) => {
    const { zone = "", rack = "", set = "" } = byAddress.get(address) ?? {};
    return { zone, rack, set };
  };
}

/** Our weights count only while `w` is what they give: somebody who knows `w` alone may have changed that. */
function withOwnWeights(read: readonly ServiceInstance[], extras: Extras | undefined): readonly ServiceInstance[] {
  const own = read.map((instance) => ({
    ...instance,
    weight: extras?.instances?.[formatHostPort(instance)]?.weight ?? instance.weight,
  }));
  const written = writtenWeights(own);
  return read.every(({ weight }, n) => weight === written[n]) ? own : read;
}
