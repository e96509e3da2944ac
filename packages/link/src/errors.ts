import { defineError } from "@msec/core";

export const LinkClosed = defineError<{ why: string }>(
  "NET_LINK_CLOSED",
  "UNAVAILABLE",
  (d) => `the link is closed: ${d.why}`,
);

export const LinkTimeout = defineError<{ method: string; timeoutMs: number }>(
  "NET_LINK_TIMEOUT",
  "DEADLINE_EXCEEDED",
  (d) => `no answer to ${d.method} within ${d.timeoutMs} ms`,
);

export const LinkBusy = defineError<{ limit: number }>(
  "NET_LINK_BUSY",
  "RESOURCE_EXHAUSTED",
  (d) => `more than ${d.limit} requests are under way on this link`,
);

export const LinkCertificateMismatch = defineError<{ host: string; port: number; expected: string; got: string }>(
  "NET_LINK_CERTIFICATE_MISMATCH",
  "UNAUTHENTICATED",
  (d) =>
    `${d.host}:${d.port} shows a certificate with another fingerprint (${d.got}) than the pinned one (${d.expected}): it is not the console that this agent joined`,
);

export const LinkUnreachable = defineError<{ host: string; port: number; why: string }>(
  "NET_LINK_UNREACHABLE",
  "UNAVAILABLE",
  (d) => `the console's link port ${d.host}:${d.port} does not answer: ${d.why}`,
);
