import type { Role } from "@msec/api-schema";

export interface UserRow {
  readonly name: string;
  readonly role: Role;
  readonly passwordHash: string;
  readonly createdAtMs: number;
}

export interface SessionRow {
  /** SHA-256 of the cookie's value, hex. */
  readonly sessionHash: string;
  readonly userName: string;
  readonly createdAtMs: number;
  readonly lastSeenAtMs: number;
  readonly expiresAtMs: number;
}

export interface ApiTokenRow {
  readonly tokenId: string;
  readonly name: string;
  readonly secretHash: string;
  readonly role: Role;
  readonly createdBy: string;
  readonly createdAtMs: number;
  readonly lastUsedAtMs: number | null;
}

/** Users, their sessions and the tokens of scripts. Names are compared without case. */
export interface AccountStore {
  countUsers(): Promise<number>;
  countAdmins(): Promise<number>;
  /** By name. */
  listUsers(): Promise<UserRow[]>;
  findUser(name: string): Promise<UserRow | undefined>;
  /** @returns false when the name is taken; nothing changes then */
  addUser(user: UserRow): Promise<boolean>;
  setPassword(name: string, passwordHash: string): Promise<void>;
  /** Also ends the user's sessions. @returns false when there was no such user */
  removeUser(name: string): Promise<boolean>;

  addSession(session: SessionRow): Promise<void>;
  findSession(sessionHash: string): Promise<SessionRow | undefined>;
  touchSession(sessionHash: string, atMs: number): Promise<void>;
  removeSession(sessionHash: string): Promise<void>;
  /** Ends the sessions of a user, but for the one that is named. */
  removeSessionsOf(userName: string, exceptHash?: string): Promise<void>;
  /** Forgets sessions that ended before `endedAtMs`, or were not used since `idleSinceMs`. */
  sweepSessions(endedAtMs: number, idleSinceMs: number): Promise<void>;

  /** Newest first. */
  listTokens(): Promise<ApiTokenRow[]>;
  findToken(secretHash: string): Promise<ApiTokenRow | undefined>;
  /** @returns false when the name is taken */
  addToken(token: ApiTokenRow): Promise<boolean>;
  touchToken(tokenId: string, atMs: number): Promise<void>;
  /** @returns the token that was removed */
  removeToken(tokenId: string): Promise<ApiTokenRow | undefined>;
}
