import type { VersionKind } from "./version-tables.js";

/** Which version of what. */
export interface VersionKey {
  readonly kind: VersionKind;
  readonly first: string;
  readonly second: string;
  readonly tag: string;
}

export interface VersionRow extends VersionKey {
  readonly memo: string;
  readonly author: string;
  readonly createdAtMs: number;
  readonly sizeBytes: number;
  /** SHA-256 of the content, hex. For plug-ins also the name of the blob. */
  readonly sha256: string;
}

/** Versions of configs, interfaces and plug-ins. They never change: there is no update. */
export interface VersionStore {
  /** Newest first. */
  list(kind: VersionKind, first: string, second: string): Promise<VersionRow[]>;
  find(key: VersionKey): Promise<VersionRow | undefined>;
  /** Text of a config or an interface; undefined for a plug-in or an unknown version. */
  readContent(key: VersionKey): Promise<string | undefined>;
  /** @returns false when the tag exists; it stays as it is then */
  add(row: VersionRow, content: string | null): Promise<boolean>;
  remove(key: VersionKey): Promise<void>;
  /** Content hashes of all versions of all services and kinds. */
  listHashes(): Promise<Set<string>>;
}
