/** Files that agents may fetch, by content hash. */
export interface BlobSource {
  /** @returns `undefined` when no such file is kept */
  read(sha256: string, offset: number, maxBytes: number): Promise<{ bytes: Uint8Array; sizeBytes: number } | undefined>;
  /** Keeps a text under its hash. */
  put(content: Uint8Array): Promise<{ sha256: string; sizeBytes: number }>;
}
