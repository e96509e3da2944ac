/** What config.ini says about TLS and about who may call. */
import { type ConfigProblem, homePaths } from "@msec/core";
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
 * The service's certificate, when it uses TLS at all.
 *
 * @throws NET_TLS_FILES_INVALID when there is none after 10 s
 */
export async function openTls(
  config: SecurityValues,
  at: { readonly service: string; readonly home?: string },
): Promise<TlsDirectory | undefined> {
  if (config.tls === "off" && config.clientTls === "off") return undefined;
  const path = config.tlsDir !== "" ? config.tlsDir : at.home === undefined ? "" : homePaths(at.home).tls(at.service);
  const files = new TlsDirectory(path);
  for (const untilMs = performance.now() + FILES_WAIT_MS; ; ) {
    try {
      files.read();
      return files;
    } catch (error) {
      if (path === "" || performance.now() > untilMs) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, FILES_POLL_MS));
  }
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
