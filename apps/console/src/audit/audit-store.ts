/** One thing that somebody did, chained to the one before. */
export interface AuditRow {
  /** 1, 2, 3 … without gaps. */
  readonly entryId: number;
  readonly atMs: number;
  readonly actor: string;
  readonly action: string;
  readonly target: string;
  readonly text: string;
  readonly previousHash: string;
  readonly hash: string;
}

export interface AuditQuery {
  readonly limit: number;
  /** Only entries older than this id. */
  readonly before?: number | undefined;
  readonly target?: string | undefined;
}

/** Append only: there is no way to change or remove an entry. */
export interface AuditStore {
  append(row: AuditRow): Promise<void>;
  last(): Promise<AuditRow | undefined>;
  /** Newest first. */
  list(query: AuditQuery): Promise<AuditRow[]>;
  /** Oldest first, ids above `entryId`. */
  listAfter(entryId: number, limit: number): Promise<AuditRow[]>;
}
