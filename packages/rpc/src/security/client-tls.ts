/** How a client opens connections: plain, or over TLS. */
import { type DialTlsOptions, dialTcp, dialTls, type InputStream, type TlsDirectory, TlsFilesInvalid } from "@msec/net";

export interface ClientTls {
  /** `required`: all calls of SRPC services go over TLS. `off`: only those to `ip:port@tls`. */
  readonly mode: "off" | "required";
  /** Own certificate, and the authorities whose servers are trusted. */
  readonly files: TlsDirectory;
}

/** `service`: over TLS, whose certificate the server must have. */
export type StreamOptions = Omit<DialTlsOptions, "files">;

/** @throws what `dialTcp` and `dialTls` throw; NET_TLS_FILES_INVALID when TLS is wanted and no certificate is known */
export async function dialStream(options: StreamOptions, tls: ClientTls | "none" | undefined): Promise<InputStream> {
  if (tls === "none") return await dialTcp({ ...options, readShared: true });
  if (tls === undefined) throw new TlsFilesInvalid({ path: "?", problem: "this client was given no certificate" });
  return await dialTls({ ...options, files: tls.files });
}
