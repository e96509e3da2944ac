/**
 * `[SRPC] listen`:
 *
 *   listen = item *( blanks item )
 *   item   = [ where ":" ] port "/" ( "udp" / "tcp" )
 *   where  = "all" / IPv4 address / name of a network interface
 *
 * `all`, or nothing, is the address that the host gives (the agent's own), else 0.0.0.0.
 */
import { networkInterfaces } from "node:os";
import { type ConfigProblem, isIpv4 } from "@msec/core";

export interface ListenItem {
  /** IPv4 address. */
  readonly host: string;
  /** 0 = any free port; for tests. */
  readonly port: number;
  readonly transport: "tcp" | "udp";
}

/** IPv4 addresses of the machine by interface name; replaced in tests. */
export type InterfaceAddresses = () => Readonly<Record<string, readonly string[]>>;

/** The original's default. */
export const DEFAULT_LISTEN = "all:7963/udp all:7963/tcp";

const PATH = "[SRPC] listen";

export interface ListenOptions {
  /** What `all` stands for. Default 0.0.0.0. */
  readonly bind?: string;
  readonly interfaces?: InterfaceAddresses;
}

/** Reads `listen`; every mistake is added to `problems` with the item that has it. */
export function readListen(text: string, options: ListenOptions, problems: ConfigProblem[]): readonly ListenItem[] {
  const found: ListenItem[] = [];
  for (const item of text.split(/\s+/).filter((part) => part !== "")) {
    const read = readItem(item, options);
    if (typeof read === "string") problems.push({ path: PATH, message: `${JSON.stringify(item)}: ${read}` });
    else if (found.some((other) => isSame(other, read)))
      problems.push({ path: PATH, message: `${JSON.stringify(item)}: the same address is listed twice` });
    else found.push(read);
  }
  if (problems.length === 0 && found.length === 0)
    problems.push({ path: PATH, message: "no item; add one like 7963/tcp" });
  return found;
}

function isSame(a: ListenItem, b: ListenItem): boolean {
  return a.port !== 0 && a.port === b.port && a.host === b.host && a.transport === b.transport;
}

function readItem(item: string, options: ListenOptions): ListenItem | string {
  if (item.includes("[")) return "IPv6 addresses are not served; use all, an IPv4 address or an interface";
  const match = /^(?:([^:]*):)?([^:/]*)\/([^/]*)$/.exec(item);
  if (!match) return "expected [where:]port/tcp or [where:]port/udp";
  const [, where, portText = "", transport] = match;
  if (transport !== "tcp" && transport !== "udp") return `transport is ${JSON.stringify(transport)}, use tcp or udp`;
  const port = /^\d{1,5}$/.test(portText) ? Number(portText) : Number.NaN;
  if (!(port <= 65_535)) return `port is ${JSON.stringify(portText)}, use a number from 1 to 65535`;
  const host = resolveWhere(where ?? "all", options);
  return typeof host === "string" ? host : { host: host.address, port, transport };
}

function resolveWhere(where: string, options: ListenOptions): { readonly address: string } | string {
  if (where === "all") return { address: options.bind ?? "0.0.0.0" };
  if (isIpv4(where)) return { address: where };
  const interfaces = (options.interfaces ?? machineInterfaces)();
  const addresses = interfaces[where];
  if (addresses?.[0]) return { address: addresses[0] };
  if (addresses) return `interface ${where} has no IPv4 address`;
  const names = Object.keys(interfaces).join(", ");
  return `there is no interface ${JSON.stringify(where)} here; use all, an IPv4 address or one of: ${names}`;
}

function machineInterfaces(): Record<string, readonly string[]> {
  const all = Object.entries(networkInterfaces());
  return Object.fromEntries(
    all.map(([name, list]) => [
      name,
      (list ?? []).filter(({ family }) => family === "IPv4").map(({ address }) => address),
    ]),
  );
}
