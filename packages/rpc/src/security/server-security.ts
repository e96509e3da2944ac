/** Who may connect and call, and how the connection is protected. All of it is off unless asked for. */
import type { ServiceIdentity } from "@msec/core";
import type { TlsDirectory } from "@msec/net";

export interface ServerTls {
  /** `optional`: TLS and plain connections on the same port, told apart by the first byte. `required`: plain requests are refused. */
  readonly mode: "optional" | "required";
  /** Own certificate and the authorities whose clients are trusted. */
  readonly files: TlsDirectory;
  /**
   * `required`: TLS clients must show a certificate of a trusted authority. `optional`: they may; a bad one is refused. `off`: not asked.
   * Default `required`.
   */
  readonly clientCertificates?: "off" | "optional" | "required";
  /** Default 10000. */
  readonly handshakeTimeoutMs?: number;
}

export interface ServerSecurity {
  readonly tls?: ServerTls;
  /** Services that may call, see `CallerList`. Verified with client certificates, else what callers say of themselves. Default: all. */
  readonly allowCallers?: readonly string[];
  /** Addresses and networks that may connect or send datagrams. Default: all. */
  readonly allowFrom?: readonly string[];
}

/** What TLS told about a peer. Connections without TLS have none. */
export interface PeerSecurity {
  /** Proved by its certificate. */
  readonly identity: ServiceIdentity | undefined;
  /** Why its certificate does not count, by OpenSSL's name. */
  readonly problem: string | undefined;
}

/** Why a peer was turned away; the name under which it is counted. */
export type SecurityRefusal =
  | "address"
  | "connections per address"
  | "tls handshake"
  | "tls required"
  | "certificate"
  | "caller"
  | "message timeout"
  | "buffered bytes";
