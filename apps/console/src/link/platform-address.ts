/** Under which address the platform's own services are registered. */
import { lookup } from "node:dns/promises";
import { networkInterfaces } from "node:os";
import { canonicalIp, type HostPort, parseHostPort } from "@msec/core";
import type { ConsoleConfig } from "../config.js";
import type { PlatformService } from "../services/platform-services.js";

/**
 * Where metrics and logs go: what the configuration says, else this console, whose link takes both from agents.
 *
 * @throws when the link's host is a name that can't be resolved
 */
export async function platformAddresses(
  { monitorAddress, logAddress }: ConsoleConfig["telemetry"],
  link: HostPort,
): Promise<Record<PlatformService, HostPort>> {
  const own = monitorAddress === "" || logAddress === "" ? { host: await ipOf(link.host), port: link.port } : link;
  return {
    monitor: monitorAddress === "" ? own : parseHostPort(monitorAddress, "telemetry.monitorAddress"),
    log: logAddress === "" ? own : parseHostPort(logAddress, "telemetry.logAddress"),
  };
}

async function ipOf(host: string): Promise<string> {
  const ip = canonicalIp(host) ?? (await lookup(host)).address;
  return ip === "0.0.0.0" || ip === "::" ? outerIp() : ip;
}

/** Listening everywhere, it is reached at the machine's first address that is not loopback. */
function outerIp(): string {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return all.find(({ family, internal }) => family === "IPv4" && !internal)?.address ?? "127.0.0.1";
}
