/** What agents fetch during a release: plug-ins from the blob store; config texts, which live in the database, from memory. */
import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import type { BlobSource } from "../link/blob-source.js";
import type { BlobStore } from "../versions/blob-store.js";

/** Texts kept for agents; the oldest goes. A release puts its text in again when it is started again. */
const MAX_TEXTS = 200;

export function releaseBlobs(blobs: Pick<BlobStore, "path" | "has">): BlobSource {
  const texts = new Map<string, Uint8Array>();
  return {
    put: async (content) => {
      const sha256 = createHash("sha256").update(content).digest("hex");
      texts.delete(sha256);
      texts.set(sha256, content);
      const oldest = texts.size > MAX_TEXTS ? texts.keys().next().value : undefined;
      if (oldest !== undefined) texts.delete(oldest);
      return { sha256, sizeBytes: content.length };
    },
    read: async (sha256, offset, maxBytes) => {
      const text = texts.get(sha256);
      if (text) return { bytes: text.subarray(offset, offset + maxBytes), sizeBytes: text.length };
      return (await blobs.has(sha256)) ? readPart(blobs.path(sha256), offset, maxBytes) : undefined;
    },
  };
}

async function readPart(path: string, offset: number, maxBytes: number) {
  const file = await open(path, "r");
  try {
    const { size } = await file.stat();
    const buffer = new Uint8Array(Math.max(0, Math.min(maxBytes, size - offset)));
    const { bytesRead } = await file.read(buffer, 0, buffer.length, offset);
    return { bytes: buffer.subarray(0, bytesRead), sizeBytes: size };
  } finally {
    await file.close();
  }
}
