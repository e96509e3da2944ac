import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { isIpv4, parseServiceName } from "@msec/core";
import { defaultHome } from "../connect.js";
import { HostArgumentInvalid } from "../errors.js";

export interface HostOptions {
  readonly role: "ctrl" | "worker" | "dev";
  /** `First.Second`. */
  readonly service: string;
  /** Release directory. */
  readonly dir: string;
  readonly home: string;
  /** Replaces `all` in `listen`. */
  readonly bind: string | undefined;
}

/** @throws EXEC_ARGUMENT_INVALID, NAME_INVALID */
export function parseHostOptions(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): HostOptions {
  const { role, service, dir } = readArgs(args);
  if (role !== "ctrl" && role !== "worker" && role !== "dev") {
    throw new HostArgumentInvalid({ problem: `unknown role ${JSON.stringify(role ?? "")}` });
  }
  if (service === undefined) throw new HostArgumentInvalid({ problem: "--service is missing" });
  parseServiceName(service, "--service");
  if (dir === undefined) throw new HostArgumentInvalid({ problem: "--dir is missing" });
  const bind = env.MSEC_BIND_ADDRESS || undefined;
  if (bind !== undefined && !isIpv4(bind)) {
    throw new HostArgumentInvalid({ problem: `MSEC_BIND_ADDRESS ${JSON.stringify(bind)} is not an IPv4 address` });
  }
  return { role, service, dir: resolve(dir), home: resolve(env.MSEC_HOME || defaultHome()), bind };
}

function readArgs(args: readonly string[]): {
  role?: string | undefined;
  service?: string | undefined;
  dir?: string | undefined;
} {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { service: { type: "string" }, dir: { type: "string" } },
    });
    return { role: positionals[0], service: values.service, dir: values.dir };
  } catch (error) {
    throw new HostArgumentInvalid({ problem: (error as Error).message }, { cause: error });
  }
}
