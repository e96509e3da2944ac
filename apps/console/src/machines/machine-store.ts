/** What is kept of a machine. Live facts (heartbeats) are in memory only. */
export interface MachineRow {
  readonly machineId: string;
  readonly name: string;
  readonly address: string;
  readonly publicKey: string;
  readonly agentVersion: string;
  readonly platform: string;
  readonly joinedAtMs: number;
  readonly lastSeenAtMs: number;
}

export interface JoinTokenRow {
  readonly tokenId: string;
  /** SHA-256 of the secret, hex. */
  readonly secretHash: string;
  readonly createdBy: string;
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
  readonly usedBy: string | null;
}

export interface MachineStore {
  list(): Promise<readonly MachineRow[]>;
  byId(machineId: string): Promise<MachineRow | undefined>;
  /** Adds a machine and marks the token as used, both or neither. @returns false when the token was used meanwhile */
  join(row: MachineRow, tokenId: string): Promise<boolean>;
  update(machineId: string, facts: Partial<Omit<MachineRow, "machineId" | "publicKey">>): Promise<void>;
  remove(machineId: string): Promise<void>;
  addToken(row: JoinTokenRow): Promise<void>;
  token(tokenId: string): Promise<JoinTokenRow | undefined>;
  /** Newest first. */
  tokens(): Promise<readonly JoinTokenRow[]>;
}
