import { readFileSync } from "node:fs";
import { hostname, release, type } from "node:os";
import { AddressInvalid } from "@msec/core";
import { type AgentFacts, LINK_VERSION } from "@msec/protocol";
import type { AgentConfig } from "./config.js";

/** Version of this program, from its package.json. */
export const AGENT_VERSION: string = (
  JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { version: string }
).version;

/** What the agent tells the console about its machine. */
export function agentFacts(config: AgentConfig): AgentFacts {
  const name = config.name === "" ? hostname() : config.name;
  const platform = `${type()} ${release()} ${process.arch}, Node ${process.versions.node}`;
  return {
    name: name.slice(0, 64),
    address: config.address,
    version: AGENT_VERSION,
    platform: platform.slice(0, 128),
    linkVersion: LINK_VERSION,
  };
}

/** Setting `consoleLink`: host:port, or `undefined` when it is empty. @throws NET_ADDRESS_INVALID */
export function parseConsoleAddress(text: string): { readonly host: string; readonly port: number } | undefined {
  if (text === "") return undefined;
  const [, host, portText] = /^([^\s:]+):(\d{1,5})$/.exec(text) ?? [];
  const port = Number(portText);
  if (host === undefined || port < 1 || port > 65_535) throw new AddressInvalid({ field: "consoleLink", value: text });
  return { host, port };
}
