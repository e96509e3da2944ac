import { readFileSync } from "node:fs";
import { type HostPort, parseHostPort } from "@msec/core";

/**
 * Log port of the machine's agent as its information file says now; undefined when there is no agent or the file is not usable.
 * Read anew for each connection, since an agent may come back elsewhere.
 */
export function tryAgentLogAddress(path: string): HostPort | undefined {
  try {
    const info = JSON.parse(readFileSync(path, "utf8")) as { logAddress?: unknown };
    return typeof info.logAddress === "string" ? parseHostPort(info.logAddress, "logAddress") : undefined;
  } catch {
    return undefined;
  }
}
