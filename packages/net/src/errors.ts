import { defineError } from "@msec/core";

interface AtAddress {
  /** `ip:port` or a socket path. */
  readonly address: string;
}

export const NetRefused = defineError<AtAddress>(
  "NET_REFUSED",
  "UNAVAILABLE",
  (d) => `${d.address} refused the connection: nothing listens there`,
);

export const NetReset = defineError<AtAddress>(
  "NET_RESET",
  "UNAVAILABLE",
  (d) => `the connection with ${d.address} was lost`,
);

export const NetUnreachable = defineError<AtAddress>(
  "NET_UNREACHABLE",
  "UNAVAILABLE",
  (d) => `${d.address} can't be reached: no route to the host or its network`,
);

/** `waitedMs` passed without a connection. */
export const NetTimeout = defineError<AtAddress & { readonly waitedMs: number }>(
  "NET_TIMEOUT",
  "UNAVAILABLE",
  (d) => `no connection to ${d.address} within ${d.waitedMs} ms`,
);

/** Nothing complete arrived for `idleMs`. */
export const NetIdle = defineError<AtAddress & { readonly idleMs: number }>(
  "NET_IDLE",
  "UNAVAILABLE",
  (d) => `the connection with ${d.address} was closed after ${d.idleMs} ms without a complete message`,
);

export const NetNameUnknown = defineError<AtAddress>(
  "NET_NAME_UNKNOWN",
  "UNAVAILABLE",
  (d) => `the host name in ${d.address} has no address`,
);

export const NetAddressInUse = defineError<AtAddress>(
  "NET_ADDRESS_IN_USE",
  "FAILED_PRECONDITION",
  (d) => `can't listen on ${d.address}: another process holds it; stop that process or choose another port`,
);

export const NetAddressUnavailable = defineError<AtAddress>(
  "NET_ADDRESS_UNAVAILABLE",
  "FAILED_PRECONDITION",
  (d) => `can't use ${d.address}: this machine has no such address`,
);

export const NetPermissionDenied = defineError<AtAddress>(
  "NET_PERMISSION_DENIED",
  "PERMISSION_DENIED",
  (d) => `not permitted to use ${d.address}: ports below 1024 need rights of their own`,
);

export const NetTooManyFiles = defineError<AtAddress>(
  "NET_TOO_MANY_FILES",
  "RESOURCE_EXHAUSTED",
  (d) => `no file descriptor left for ${d.address}: raise the limit of open files (ulimit -n)`,
);

/** Anything else the system reported; `errno` is its symbolic name. */
export const NetFailed = defineError<AtAddress & { readonly errno: string }>(
  "NET_FAILED",
  "UNAVAILABLE",
  (d) => `the connection with ${d.address} failed: ${d.errno}`,
);

export const NetInputTooLarge = defineError<{ bufferedBytes: number; limitBytes: number }>(
  "NET_INPUT_TOO_LARGE",
  "RESOURCE_EXHAUSTED",
  (d) => `${d.bufferedBytes} bytes arrived without a complete message; the limit is ${d.limitBytes}`,
);

export const NetOutputFull = defineError<AtAddress & { readonly queuedBytes: number; readonly limitBytes: number }>(
  "NET_OUTPUT_FULL",
  "RESOURCE_EXHAUSTED",
  (d) => `${d.address} does not read: ${d.queuedBytes} bytes wait for it, the limit is ${d.limitBytes}`,
);

/** All connections of a server together hold too much, and this one the most of it, or its address does. */
export const NetBuffersFull = defineError<AtAddress & { readonly heldBytes: number; readonly limitBytes: number }>(
  "NET_BUFFERS_FULL",
  "RESOURCE_EXHAUSTED",
  (d) =>
    `unfinished messages and unread answers take more than ${d.limitBytes} bytes, ${d.heldBytes} of them of ${d.address}`,
);

/** `problem` says what is wrong with the other side's certificate, with OpenSSL's name for it. */
export const TlsCertificateRefused = defineError<AtAddress & { readonly problem: string }>(
  "NET_TLS_CERTIFICATE_REFUSED",
  "UNAVAILABLE",
  (d) => `the certificate of ${d.address} is not accepted: ${d.problem}`,
);

/** The certificate is good, but of another service than `service`; `identities` are those that it carries. */
export const TlsServiceRefused = defineError<
  AtAddress & { readonly service: string; readonly identities: readonly string[] }
>(
  "NET_TLS_SERVICE_REFUSED",
  "UNAVAILABLE",
  (d) =>
    `${d.address} does not prove to be ${d.service}: its certificate is for ${d.identities.join(", ") || "no service at all"}; ` +
    `nothing was sent. Look whether another program took the port; a certificate of your own needs the URI msec://<any id>/${d.service}`,
);

/** The handshake failed for another reason, e.g. because the other side speaks no TLS. */
export const TlsFailed = defineError<AtAddress & { readonly problem: string }>(
  "NET_TLS_FAILED",
  "UNAVAILABLE",
  (d) => `no TLS with ${d.address}: ${d.problem}`,
);

export const TlsFilesInvalid = defineError<{ readonly path: string; readonly problem: string }>(
  "NET_TLS_FILES_INVALID",
  "FAILED_PRECONDITION",
  (d) => `the certificate files under ${d.path} can't be used: ${d.problem}`,
);

export const AddressListInvalid = defineError<{ readonly entry: string }>(
  "NET_ADDRESS_LIST_INVALID",
  "INVALID_ARGUMENT",
  (d) => `${JSON.stringify(d.entry)} is no address or network; write e.g. 10.0.0.0/8 or 127.0.0.1`,
);

/** A message was begun and not finished in time. */
export const NetMessageTimeout = defineError<AtAddress & { readonly waitedMs: number; readonly arrivedBytes: number }>(
  "NET_MESSAGE_TIMEOUT",
  "UNAVAILABLE",
  (d) => `${d.address} sent only ${d.arrivedBytes} bytes of a message in ${d.waitedMs} ms; the connection was closed`,
);
