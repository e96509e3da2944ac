import { isIP } from "node:net";
import { connect, type TLSSocket } from "node:tls";
import { tryServiceIdentity } from "@msec/core";
import { type DialTcpOptions, dialTcp } from "../dial-tcp.js";
import { netError } from "../errno.js";
import { NetTimeout, TlsCertificateRefused, TlsFailed, TlsServiceRefused } from "../errors.js";
import type { TlsDirectory } from "./tls-directory.js";
import { certificateProblem, isCertificateProblem, tlsPeerOf } from "./tls-peer.js";

export interface DialTlsOptions extends Omit<DialTcpOptions, "readShared"> {
  /** Own certificate, and the authorities that are trusted. */
  readonly files: TlsDirectory;
  /** `First.Second`: the server's certificate must be of this service. Undefined: of anybody at that address. */
  readonly service?: string | undefined;
}

/**
 * Connects and shakes hands within `timeoutMs`. The server's certificate must come from a trusted authority and name the dialled
 * address among its alternative names, and the service where one is given.
 *
 * @throws NET_TLS_CERTIFICATE_REFUSED, NET_TLS_SERVICE_REFUSED, NET_TLS_FAILED, NET_TLS_FILES_INVALID, NET_TIMEOUT and what
 *   `dialTcp` throws
 */
export async function dialTls(options: DialTlsOptions): Promise<TLSSocket> {
  const { files, host, service, timeoutMs = 1000, signal } = options;
  const { context } = files.read();
  const address = `${host}:${options.port}`;
  const untilMs = performance.now() + timeoutMs;
  const socket = await dialTcp(options);
  // An address needs no name in the ClientHello; Node checks it against the `IP Address` names.
  const stream = connect({ socket, secureContext: context, host, ...(isIP(host) === 0 && { servername: host }) });
  const leftMs = Math.max(1, untilMs - performance.now());
  try {
    await secured(stream, { leftMs, timeoutMs, address, signal });
    if (service !== undefined) mustBeService(tlsPeerOf(stream).uris, { service, address });
  } catch (error) {
    stream.on("error", () => undefined);
    stream.destroy();
    socket.destroy();
    throw error;
  }
  return stream;
}

/** The id before the name is that of the machine's agent: a service may run on any machine. */
function mustBeService(
  identities: readonly string[],
  at: { readonly service: string; readonly address: string },
): void {
  if (identities.some((uri) => tryServiceIdentity(uri)?.service === at.service)) return;
  throw new TlsServiceRefused({ ...at, identities });
}

interface Handshake {
  readonly leftMs: number;
  readonly timeoutMs: number;
  readonly address: string;
  readonly signal: AbortSignal | undefined;
}

function secured(stream: TLSSocket, { leftMs, timeoutMs, address, signal }: Handshake): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
      stream.off("error", onError);
      stream.off("secureConnect", onSecure);
    };
    const fail = (error: unknown): void => {
      settle();
      reject(error);
    };
    const onSecure = (): void => {
      settle();
      resolve();
    };
    const onError = (error: Error): void => fail(handshakeError(error, address));
    const onAbort = (): void => fail(signal?.reason);
    const timer = setTimeout(() => fail(new NetTimeout({ address, waitedMs: timeoutMs })), leftMs);
    signal?.addEventListener("abort", onAbort, { once: true });
    stream.once("error", onError);
    stream.once("secureConnect", onSecure);
  });
}

function handshakeError(cause: NodeJS.ErrnoException, address: string): Error {
  const code = cause.code ?? cause.message;
  if (isCertificateProblem(code)) {
    return new TlsCertificateRefused({ address, problem: certificateProblem(code) }, { cause });
  }
  if (code.startsWith("ERR_SSL_") || code.startsWith("ERR_TLS_") || code === "EPROTO") {
    return new TlsFailed({ address, problem: code }, { cause });
  }
  // Node's text for a connection that ends before the handshake does.
  if (code === "ECONNRESET") return new TlsFailed({ address, problem: "it closed the connection" }, { cause });
  return netError(cause, address);
}
