import type { ServiceSettings } from "@msec/api-schema";
import { formatHostPort, type HostPort, isIpv4, parseHostPort } from "@msec/core";
import { FieldNotForKind, GroupNameReserved, HostNotUsable, InstanceRepeated } from "./errors.js";
import type { ServiceKindName, TransportName } from "./service-tables.js";

export const DEFAULT_PORT = 7963;
export const DEFAULT_LANGUAGE = "typescript";
export const DEFAULT_WEIGHT = 100;

/** First-level names that would collide with directories of the home, or with the platform's own group. */
const RESERVED_GROUPS = new Set(["agent", "console", "backup", "reserved"]);

/** @throws {GroupNameReserved} */
export function checkGroupName(name: string): void {
  if (RESERVED_GROUPS.has(name.toLowerCase())) throw new GroupNameReserved({ name });
}

/** How machines choose among the instances of a new service. Spec: nlb.md §2.1. */
export function defaultSettings(kind: ServiceKindName): ServiceSettings {
  const rest = { locality: "none", partition: false, tuning: {} } as const;
  if (kind === "standard") return { policy: "adaptive", check: "none", ...rest };
  return { policy: "odd", check: "tcp", ...rest };
}

/** Language and port of a new service. @throws {FieldNotForKind} */
export function serviceSettings(
  kind: ServiceKindName,
  input: { language?: string; port?: number },
): { language: string; port: number } {
  if (kind === "standard") return { language: input.language ?? DEFAULT_LANGUAGE, port: input.port ?? DEFAULT_PORT };
  const instead = "it is foreign and only registered; its instances are added as ip:port";
  if (input.language !== undefined) throw new FieldNotForKind({ field: "language", kind, instead });
  if (input.port !== undefined) throw new FieldNotForKind({ field: "port", kind, instead });
  return { language: "", port: 0 };
}

/**
 * Addresses of new instances, each once.
 *
 * @throws {FieldNotForKind} hosts for an external service, or addresses for a standard one, or neither
 * @throws {AddressInvalid} {HostNotUsable} {InstanceRepeated}
 */
export function newAddresses(
  service: { kind: ServiceKindName; port: number },
  input: { hosts?: readonly string[]; addresses?: readonly string[] },
): HostPort[] {
  const keys = service.kind === "standard" ? standardAddresses(service.port, input) : externalAddresses(input);
  for (const { host } of keys) checkHost(host);
  const texts = keys.map(formatHostPort);
  const repeated = texts.filter((text, i) => texts.indexOf(text) !== i);
  if (repeated.length > 0) throw new InstanceRepeated({ addresses: [...new Set(repeated)] });
  return keys;
}

function standardAddresses(port: number, input: { hosts?: readonly string[]; addresses?: readonly string[] }) {
  const instead = "give hosts; the port is that of the service";
  if (input.addresses || !input.hosts) throw new FieldNotForKind({ field: "addresses", kind: "standard", instead });
  return input.hosts.map((host) => ({ host, port }));
}

function externalAddresses(input: { hosts?: readonly string[]; addresses?: readonly string[] }) {
  const instead = "give addresses as ip:port";
  if (input.hosts || !input.addresses) throw new FieldNotForKind({ field: "hosts", kind: "external", instead });
  return input.addresses.map((address, i) => parseHostPort(address, `body.addresses.${i}`));
}

/** Instances of standard services are where their machine is. @throws {FieldNotForKind} */
export function refuseLabels(kind: ServiceKindName, labels: object | undefined): void {
  if (kind === "external" || labels === undefined) return;
  const instead = "its instances have the labels of their machines; change those";
  throw new FieldNotForKind({ field: "labels", kind, instead });
}

/** Old Java frameworks listen on TCP only. Spec: console.md §1.4. */
export function defaultTransport(language: string): TransportName {
  return language === "java" ? "tcp" : "all";
}

/** Foreign services may be known under several names; a port of ours has one program behind it. */
export function mayShareAddress(one: ServiceKindName, other: ServiceKindName): boolean {
  return one === "external" && other === "external";
}

/** @throws {HostNotUsable} */
export function checkHost(host: string): void {
  const first = Number(host.split(".")[0]);
  const isBad = isIpv4(host) ? first === 0 || first >= 224 : host === "::" || /^ff[0-9a-f]{2}:/.test(host);
  if (isBad) throw new HostNotUsable({ host });
}
