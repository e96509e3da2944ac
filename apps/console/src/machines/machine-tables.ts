export interface MachineTable {
  machine_id: string;
  name: string;
  /** IPv4; one machine per address. */
  address: string;
  /** Ed25519, SPKI DER in base64. */
  public_key: string;
  agent_version: string;
  platform: string;
  zone: string;
  rack: string;
  set_name: string;
  joined_at_ms: number;
  last_seen_at_ms: number;
}

export interface JoinTokenTable {
  token_id: string;
  secret_hash: string;
  created_by: string;
  created_at_ms: number;
  expires_at_ms: number;
  used_by: string | null;
}

export interface MachineTables {
  machines: MachineTable;
  join_tokens: JoinTokenTable;
}

export const machineStatements: readonly string[] = [
  `CREATE TABLE machines (
    machine_id TEXT PRIMARY KEY, name TEXT NOT NULL, address TEXT NOT NULL UNIQUE, public_key TEXT NOT NULL,
    agent_version TEXT NOT NULL, platform TEXT NOT NULL, joined_at_ms INTEGER NOT NULL,
    last_seen_at_ms INTEGER NOT NULL) STRICT`,
  `CREATE TABLE join_tokens (
    token_id TEXT PRIMARY KEY, secret_hash TEXT NOT NULL, created_by TEXT NOT NULL, created_at_ms INTEGER NOT NULL,
    expires_at_ms INTEGER NOT NULL, used_by TEXT) STRICT`,
];

export const machineLabelStatements: readonly string[] = ["zone", "rack", "set_name"].map(
  (column) => `ALTER TABLE machines ADD COLUMN ${column} TEXT NOT NULL DEFAULT ''`,
);
