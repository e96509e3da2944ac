import type { NamingLabels } from "@msec/naming";

/** What is kept of a machine. Live facts (heartbeats) are in memory only. */
export interface MachineRow {
  readonly machineId: string;
  readonly name: string;
  readonly address: string;
  readonly publicKey: string;
  readonly agentVersion: string;
  readonly platform: string;
  /** Where it is; told by operators, so a new agent at the same address keeps them. */
  readonly labels: NamingLabels;
  readonly joinedAtMs: number;
  readonly lastSeenAtMs: number;
}

/** What an agent tells of itself each time it connects. */
export type ToldFacts = Pick<MachineRow, "name" | "address" | "agentVersion" | "platform" | "lastSeenAtMs">;

export interface JoinTokenRow {
  readonly tokenId: string;
  /** SHA-256 of the secret, hex. */
  readonly secretHash: string;
  readonly createdBy: string;
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
  /** Name of the machine that joined with it. */
  readonly usedBy: string | null;
}

/** Promise: machine-store.contract.ts. */
export interface MachineStore {
  /** By address. */
  list(): Promise<readonly MachineRow[]>;
  byId(machineId: string): Promise<MachineRow | undefined>;
  byAddress(address: string): Promise<MachineRow | undefined>;
  /** @throws when id or address is taken */
  add(row: MachineRow): Promise<void>;
  /** @returns false when there is no such machine (any more) */
  setFacts(machineId: string, facts: ToldFacts): Promise<boolean>;
  /** @returns false when there is no such machine (any more) */
  setLabels(machineId: string, labels: NamingLabels): Promise<boolean>;
  setSeen(machineId: string, lastSeenAtMs: number): Promise<void>;
  remove(machineId: string): Promise<void>;
  addToken(row: JoinTokenRow): Promise<void>;
  token(tokenId: string): Promise<JoinTokenRow | undefined>;
  /** Uses a token up. @returns false when it was used before or is not known */
  useToken(tokenId: string, usedBy: string): Promise<boolean>;
  /** Newest first, 200 at most. */
  tokens(): Promise<readonly JoinTokenRow[]>;
}
