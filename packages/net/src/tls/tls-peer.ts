/** What a TLS handshake told about the other side. */
import type { PeerCertificate, TLSSocket } from "node:tls";

export interface TlsPeer {
  /** URIs in the subject alternative names of its certificate; empty when it showed none. */
  readonly uris: readonly string[];
  /** Why its certificate does not count: the name that OpenSSL gives, or `NO_CERTIFICATE`. Undefined when it was verified. */
  readonly problem: string | undefined;
}

/** Reads it from a socket whose handshake is over. */
export function tlsPeerOf(socket: TLSSocket): TlsPeer {
  const certificate = socket.getPeerCertificate() as Partial<PeerCertificate> | null;
  if (certificate?.raw === undefined) return { uris: [], problem: "NO_CERTIFICATE" };
  const problem = socket.authorized ? undefined : codeOf(socket.authorizationError);
  return { uris: urisOf(certificate.subjectaltname ?? ""), problem };
}

/** Node says `string | Error`; it is the code. */
function codeOf(error: unknown): string {
  if (error instanceof Error) return (error as NodeJS.ErrnoException).code ?? error.message;
  return String(error);
}

/** Quoted entries hold characters that could be mistaken for a further name: none of ours do, so they are left out. */
function urisOf(names: string): readonly string[] {
  return names.split(", ").flatMap((name) => (name.startsWith("URI:") && !name.includes('"') ? [name.slice(4)] : []));
}

const IN_WORDS: Readonly<Record<string, string>> = {
  NO_CERTIFICATE: "it showed none",
  CERT_HAS_EXPIRED: "it has expired",
  CERT_NOT_YET_VALID: "it is not valid yet; compare the clocks",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "no trusted authority signed it",
  UNABLE_TO_GET_ISSUER_CERT: "no trusted authority signed it",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "no trusted authority signed it",
  SELF_SIGNED_CERT_IN_CHAIN: "no trusted authority signed it",
  DEPTH_ZERO_SELF_SIGNED_CERT: "it is signed by itself",
  INVALID_PURPOSE: "it is not made for this use",
  ERR_TLS_CERT_ALTNAME_INVALID: "it belongs to another address",
};

/** OpenSSL's name of a problem with a certificate, in words when there are some. */
export function certificateProblem(code: string): string {
  const words = IN_WORDS[code];
  return words === undefined ? code : `${words} (${code})`;
}

/** True for errors of a handshake that are about the certificate of the other side. */
export function isCertificateProblem(code: string): boolean {
  return Object.hasOwn(IN_WORDS, code) || /^(CERT_|CRL_|UNABLE_TO_|ERROR_IN_CERT|PATH_LENGTH|INVALID_CA)/.test(code);
}
