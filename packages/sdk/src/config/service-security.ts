/** What config.ini says about TLS and about who may call. */
import { type Stats, statSync } from "node:fs";
import { join } from "node:path";
import { type ConfigProblem, homePaths, type Logger } from "@msec/core";
import { AddressList, CallerList, type ClientTls, type ServerSecurity, TlsDirectory } from "@msec/rpc";
import type { ConfigValues } from "./config-keys.js";

type SecurityValues = Pick<
  ConfigValues,
  "tls" | "clientCertificates" | "tlsHandshakeMs" | "tlsDir" | "allowCallers" | "allowFrom" | "clientTls"
>;

/** A service that was just installed waits so long for its agent to bring the certificate. */
const FILES_WAIT_MS = 10_000;
const FILES_POLL_MS = 100;

/**
 * The service's certificate, when it uses TLS at all. A key that others can read is used all the same, and the log says so.
 *
 * @throws NET_TLS_FILES_INVALID when there is none after 10 s
 */
export async function openTls(
  config: SecurityValues,
  at: { readonly service: string; readonly home?: string; readonly logger?: Logger },
): Promise<TlsDirectory | undefined> {
  if (config.tls === "off" && config.clientTls === "off") return undefined;
  const path = config.tlsDir !== "" ? config.tlsDir : at.home === undefined ? "" : homePaths(at.home).tls(at.service);
  const files = new TlsDirectory(path);
  for (const untilMs = performance.now() + FILES_WAIT_MS; ; ) {
    try {
      files.read();
      warnOfOpenKey(path, at.logger);
      return files;
    } catch (error) {
      if (path === "" || performance.now() > untilMs) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, FILES_POLL_MS));
  }
}

/** As OpenSSH judges keys: one's own may be open to nobody else; one of another user, lent by group (root:ssl-cert 0640), not to all. */
function warnOfOpenKey(dir: string, logger: Logger | undefined): void {
  const path = [join(dir, "current", "key.pem"), join(dir, "key.pem")].find((file) => tryStat(file));
  const stat = path === undefined ? undefined : tryStat(path);
  if (stat === undefined) return;
  const forbidden = stat.uid === process.getuid?.() ? 0o077 : 0o027;
  if ((stat.mode & forbidden) === 0) return;
  const mode = (stat.mode & 0o777).toString(8).padStart(4, "0");
  logger?.warn("other users can get at the private key; chmod 600, and a new key if they did", { path, mode });
}

function tryStat(file: string): Stats | undefined {
  return statSync(file, { throwIfNoEntry: false });
}

export function serverSecurity(config: SecurityValues, files: TlsDirectory | undefined): ServerSecurity {
  const { tls: mode, clientCertificates, tlsHandshakeMs: handshakeTimeoutMs } = config;
  if (mode === "off" || files === undefined) return allowed(config);
  return { ...allowed(config), tls: { mode, files, clientCertificates, handshakeTimeoutMs } };
}

/** The two lists; an empty one restricts nobody. */
export function allowed({ allowCallers, allowFrom }: SecurityValues): ServerSecurity {
  return {
    ...(allowCallers.length > 0 && { allowCallers }),
    ...(allowFrom.length > 0 && { allowFrom }),
  };
}

export function clientTls(config: SecurityValues, files: TlsDirectory | undefined): { readonly tls?: ClientTls } {
  return files === undefined ? {} : { tls: { mode: config.clientTls, files } };
}

export function allowProblems({ allowCallers, allowFrom }: SecurityValues): ConfigProblem[] {
  return [
    ...problemOf("[SRPC] allow_callers", () => new CallerList(allowCallers)),
    ...problemOf("[SRPC] allow_from", () => new AddressList(allowFrom)),
  ];
}

function problemOf(path: string, check: () => unknown): ConfigProblem[] {
  try {
    check();
    return [];
  } catch (error) {
    return [{ path, message: (error as Error).message }];
  }
}
