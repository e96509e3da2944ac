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
    `address ${d.address} already belongs to machine ${d.machine}; give this agent another --address or remove that machine`,
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
  (d) =>
    `the agent's address ${JSON.stringify(d.address)} is not the IPv4 address of a machine (0.*, multicast and broadcast addresses are not)`,
);

export const AgentKeyInvalid = defineError<{ problem: string }>(
  "CON_AGENT_KEY_INVALID",
  "INVALID_ARGUMENT",
  (d) => `the agent's public key is not valid: ${d.problem}`,
);

export const MachineInRelease = defineError<{ machine: string; releaseIds: readonly string[] }>(
  "CON_MACHINE_IN_RELEASE",
  "FAILED_PRECONDITION",
  (d) => `machine ${d.machine} is a target of ${d.releaseIds.join(", ")}, which is under way; wait for its end`,
);
