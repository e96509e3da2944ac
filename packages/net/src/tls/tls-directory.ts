/**
 * Key, certificate and trusted authorities of one identity, as files that may be replaced at any time:
 *
 *   <path>/current -> v<n>                         switched in one step (rename of a symbolic link)
 *   <path>/v<n>/key.pem, cert.pem, ca.pem          never changed once `current` has pointed to them
 *
 * A directory that holds the three files itself and no `current` works as well (certificates made by hand); then all three
 * should be replaced within a second or so. Whoever needs a certificate asks here each time: new files are found by one
 * `readlink`, so that nothing must be told or started again.
 */
import { constants, X509Certificate } from "node:crypto";
import { readFileSync, readlinkSync, statSync } from "node:fs";
import { join } from "node:path";
import { createSecureContext, type SecureContext, type SecureContextOptions } from "node:tls";
import { TlsFilesInvalid } from "../errors.js";

export interface TlsMaterial {
  /** Changes when the files do. */
  readonly version: string;
  /** TLS 1.3 preferred, nothing below 1.2; no session tickets, so that no session outlives its certificate. */
  readonly options: SecureContextOptions;
  /** Made of the options. */
  readonly context: SecureContext;
  /** When the certificate ends. */
  readonly notAfterMs: number;
}

export interface TlsDirectoryOptions {
  /** Longest time until new files are noticed by `onChange`. Default 2000. */
  readonly pollMs?: number;
}

/** Each with forward secrecy and authenticated encryption: of TLS 1.2 neither RSA key exchange nor CBC, which Node's list has. */
const CIPHERS = [
  "TLS_AES_256_GCM_SHA384",
  "TLS_CHACHA20_POLY1305_SHA256",
  "TLS_AES_128_GCM_SHA256",
  "ECDHE+AESGCM",
  "ECDHE+CHACHA20",
].join(":");

const PEM_CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

export class TlsDirectory {
  readonly path: string;
  readonly #pollMs: number;
  readonly #listeners = new Set<() => void>();
  #material: TlsMaterial | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(path: string, options: TlsDirectoryOptions = {}) {
    this.path = path;
    this.#pollMs = options.pollMs ?? 2_000;
  }

  /**
   * What the files hold now. New files that can't be used leave the old ones in force.
   *
   * @throws NET_TLS_FILES_INVALID when there never was anything usable
   */
  read(): TlsMaterial {
    const before = this.#material;
    const version = tryVersion(this.path);
    if (before !== undefined && (version === undefined || version === before.version)) return before;
    try {
      this.#material = load(this.path, version);
    } catch (error) {
      if (before === undefined) throw error;
    }
    return this.#material ?? before!;
  }

  /** Calls back after new files came into force. @returns ends it */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    this.#timer ??= setInterval(() => this.#poll(), this.#pollMs).unref();
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0) return;
      clearInterval(this.#timer);
      this.#timer = undefined;
    };
  }

  #poll(): void {
    const before = this.#material?.version;
    try {
      if (this.read().version === before) return;
    } catch {
      return; // not there yet
    }
    for (const listener of this.#listeners) listener();
  }
}

/** Certificates of a PEM text, one by one. */
export function splitCertificates(pem: string): readonly string[] {
  return pem.match(PEM_CERTIFICATE) ?? [];
}

function tryVersion(path: string): string | undefined {
  try {
    return readlinkSync(join(path, "current"));
  } catch {
    return tryPlainVersion(path);
  }
}

function tryPlainVersion(path: string): string | undefined {
  try {
    return ["key.pem", "cert.pem", "ca.pem"].map((file) => statSync(join(path, file)).mtimeMs).join("-");
  } catch {
    return undefined;
  }
}

function load(path: string, version: string | undefined): TlsMaterial {
  if (version === undefined) throw new TlsFilesInvalid({ path, problem: "key.pem, cert.pem and ca.pem are not there" });
  const isPlain = /^[\d.]+-[\d.]+-[\d.]+$/.test(version);
  const dir = isPlain ? path : join(path, version);
  try {
    const [key, cert, ca] = ["key.pem", "cert.pem", "ca.pem"].map((file) => readFileSync(join(dir, file), "utf8")) as [
      string,
      string,
      string,
    ];
    const authorities = splitCertificates(ca);
    if (authorities.length === 0) throw new TypeError("ca.pem holds no certificate");
    const secureOptions = constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION;
    const options: SecureContextOptions = {
      ...{ key, cert, ca: [...authorities], secureOptions },
      ...{ minVersion: "TLSv1.2", ciphers: CIPHERS },
    };
    const notAfterMs = Date.parse(new X509Certificate(cert).validTo);
    return { version, options, context: createSecureContext(options), notAfterMs };
  } catch (cause) {
    throw new TlsFilesInvalid(
      { path: dir, problem: cause instanceof Error ? cause.message : String(cause) },
      { cause },
    );
  }
}
