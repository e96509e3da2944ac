export type VersionKind = "config" | "idl" | "plugin";

export interface VersionTable {
  kind: VersionKind;
  first: string;
  second: string;
  tag: string;
  memo: string;
  author: string;
  created_at_ms: number;
  size_bytes: number;
  /** Of the content; for plug-ins also the name of the blob. */
  sha256: string;
  /** Text of configs and interfaces; null for plug-ins. */
  content: string | null;
}

export interface VersionTables {
  versions: VersionTable;
}
