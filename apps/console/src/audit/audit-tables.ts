export interface AuditTable {
  /** 1, 2, 3 … without gaps; a gap means that somebody removed a row. */
  entry_id: number;
  at_ms: number;
  actor: string;
  action: string;
  target: string;
  text: string;
  /** Hash of the entry before; empty for the first. */
  previous_hash: string;
  hash: string;
}

export interface AuditTables {
  audit_entries: AuditTable;
}
