/** Fetches a stored file of the console in parts and hashes it on the way to the disk. */
import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import { type Clock, isAppError } from "@msec/core";
import type { ConsoleRequester } from "../console-link/console-link.js";
import { BlobMismatch } from "../errors.js";

const PART_BYTES = 512 << 10;
/** How long one part may be tried while the link is lost. */
const PATIENCE_MS = 60_000;

export interface BlobSource {
  readonly console: ConsoleRequester;
  readonly clock: Clock;
}

export interface WantedBlob {
  /** For messages: "plug-in" or "configuration". */
  readonly field: string;
  readonly sha256: string;
  readonly sizeBytes: number;
}

/**
 * Writes the blob to `path` (new file, 0600, flushed to disk). The file is only to be used when this returns.
 *
 * @throws {BlobMismatch} size or hash are not as ordered; CON_AWAY the link was lost for longer than a minute
 */
export async function fetchBlob(
  source: BlobSource,
  wanted: WantedBlob & { readonly path: string },
  onPart: (doneBytes: number) => void,
): Promise<void> {
  const { sha256, sizeBytes, field, path } = wanted;
  const hash = createHash("sha256");
  const file = await open(path, "wx", 0o600);
  try {
    for (let offset = 0; offset < sizeBytes; ) {
      const part = await readPart(source, wanted, offset);
      if (part.length === 0 || offset + part.length > sizeBytes)
        throw new BlobMismatch({ field, expected: `${sizeBytes} B`, got: `${offset + part.length} B` });
      hash.update(part);
      await file.write(part);
      offset += part.length;
      onPart(offset);
    }
    await file.sync();
  } finally {
    await file.close();
  }
  const got = hash.digest("hex");
  if (got !== sha256) throw new BlobMismatch({ field, expected: sha256, got });
}

async function readPart(source: BlobSource, wanted: WantedBlob, offset: number): Promise<Uint8Array> {
  const { console, clock } = source;
  const untilMs = clock.monotonicMs() + PATIENCE_MS;
  for (;;) {
    try {
      const request = { sha256: wanted.sha256, offset, maxBytes: Math.min(PART_BYTES, wanted.sizeBytes - offset) };
      const { result, payload } = await console.request("blob.read", request, { timeoutMs: 15_000 });
      if (result.sizeBytes === wanted.sizeBytes) return payload;
      const { field } = wanted;
      throw new BlobMismatch({ field, expected: `${wanted.sizeBytes} B`, got: `${result.sizeBytes} B` });
    } catch (error) {
      if (!isAppError(error) || !isPassing(error.code) || clock.monotonicMs() > untilMs) throw error;
      await clock.sleep(500);
    }
  }
}

function isPassing(code: string): boolean {
  return code === "UNAVAILABLE" || code === "DEADLINE_EXCEEDED" || code === "RESOURCE_EXHAUSTED";
}
