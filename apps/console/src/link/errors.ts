import { defineError } from "@msec/core";

export const AgentNotAuthenticated = defineError<{ method: string }>(
  "CON_AGENT_NOT_AUTHENTICATED",
  "UNAUTHENTICATED",
  (d) => `${d.method} is refused before the agent has joined or proved its identity`,
);

export const AgentAlreadyAuthenticated = defineError<{ agentId: string }>(
  "CON_AGENT_ALREADY_AUTHENTICATED",
  "FAILED_PRECONDITION",
  (d) => `this connection is that of agent ${d.agentId}; join or authenticate on a new one`,
);

export const AgentUnknown = defineError<{ agentId: string }>(
  "CON_AGENT_UNKNOWN",
  "UNAUTHENTICATED",
  (d) =>
    `agent ${d.agentId} is not known to this console (it was removed, or joined another one); join again with a new token`,
);

export const AgentSignatureInvalid = defineError<{ agentId: string }>(
  "CON_AGENT_SIGNATURE_INVALID",
  "UNAUTHENTICATED",
  (d) => `agent ${d.agentId} did not prove that it holds its key (a challenge is good for one try)`,
);

export const AgentAway = defineError<{ machine: string }>(
  "CON_AGENT_AWAY",
  "UNAVAILABLE",
  (d) => `the agent of machine ${d.machine} is away; start it (msec agent) and try again`,
);

export const BlobMissing = defineError<{ sha256: string }>(
  "CON_BLOB_MISSING",
  "NOT_FOUND",
  (d) => `no stored file has the hash ${d.sha256}`,
);

export const LinkVersionMismatch = defineError<{ agent: number; console: number }>(
  "CON_LINK_VERSION_MISMATCH",
  "FAILED_PRECONDITION",
  (d) => `the agent speaks link version ${d.agent}, this console ${d.console}; upgrade the older one`,
);
