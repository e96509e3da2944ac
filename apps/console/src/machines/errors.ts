import { defineError } from "@msec/core";

export const MachineNotFound = defineError<{ machineId: string }>(
  "CON_MACHINE_NOT_FOUND",
  "NOT_FOUND",
  (d) => `no machine has the id ${d.machineId}`,
);

export const MachineInTraffic = defineError<{ machine: string; addresses: readonly string[] }>(
  "CON_MACHINE_IN_TRAFFIC",
  "FAILED_PRECONDITION",
  (d) => `machine ${d.machine} still carries traffic at ${d.addresses.join(", ")}; shrink these instances first`,
);

export const MachineAddressTaken = defineError<{ address: string; machine: string }>(
  "CON_MACHINE_ADDRESS_TAKEN",
  "ALREADY_EXISTS",
  (d) =>
    `address ${d.address} already belongs to machine ${d.machine}, whose agent is online; give the new agent another --address or remove the old machine`,
);

export const JoinTokenWrong = defineError<{ tokenId: string }>(
  "CON_JOIN_TOKEN_WRONG",
  "UNAUTHENTICATED",
  (d) => `join token ${d.tokenId} is not valid here; make a new one on the console's Machines page`,
);

export const JoinTokenUsed = defineError<{ tokenId: string; usedBy: string }>(
  "CON_JOIN_TOKEN_USED",
  "FAILED_PRECONDITION",
  (d) => `join token ${d.tokenId} was already used by machine ${d.usedBy}; a token works once, make a new one`,
);

export const JoinTokenExpired = defineError<{ tokenId: string; expiredAtMs: number }>(
  "CON_JOIN_TOKEN_EXPIRED",
  "FAILED_PRECONDITION",
  (d) => `join token ${d.tokenId} expired at ${new Date(d.expiredAtMs).toISOString()}; make a new one`,
);

export const MachineAddressInvalid = defineError<{ address: string }>(
  "CON_MACHINE_ADDRESS_INVALID",
  "INVALID_ARGUMENT",
  (d) => `the agent's address ${JSON.stringify(d.address)} is not an IPv4 address`,
);
