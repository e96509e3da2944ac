import type { Role } from "@msec/api-schema";

export interface UserTable {
  /** Compared without case, so that `Admin` and `admin` can't be two people. */
  name: string;
  role: Role;
  password_hash: string;
  created_at_ms: number;
}

export interface SessionTable {
  /** SHA-256 of the cookie's value; the value itself is never stored. */
  session_hash: string;
  user_name: string;
  created_at_ms: number;
  last_seen_at_ms: number;
  /** Absolute end. The idle end follows from `last_seen_at_ms`. */
  expires_at_ms: number;
}

export interface ApiTokenTable {
  token_id: string;
  name: string;
  secret_hash: string;
  role: Role;
  created_by: string;
  created_at_ms: number;
  last_used_at_ms: number | null;
}

export interface AccountTables {
  users: UserTable;
  sessions: SessionTable;
  api_tokens: ApiTokenTable;
}
