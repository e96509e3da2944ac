/**
 * Files by content hash: `console/blobs/<sha256>`. A file appears whole or not at all: it is written under another name, synced
 * and renamed.
 */
import { createHash, randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { access, mkdir, open, readdir, rename, rm } from "node:fs/promises";
import type { Readable } from "node:stream";
import { PluginTooLarge, UploadCut } from "./errors.js";

/** Received, not kept yet. Exactly one of `keep()` and `discard()` is called. */
export interface IncomingBlob {
  /** Of the temporary file. */
  readonly path: string;
  readonly sha256: string;
  readonly sizeBytes: number;
  keep(): Promise<void>;
  discard(): Promise<void>;
}

export class BlobStore {
  readonly #directory: string;
  /** Hashes that are about to get a row in the database; a sweep leaves them alone. */
  readonly #pending = new Map<string, number>();

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Makes the directory and removes what an interrupted upload left. */
  async prepare(): Promise<void> {
    await mkdir(this.#directory, { recursive: true, mode: 0o700 });
    for (const name of await readdir(this.#directory))
      if (name.startsWith("incoming-")) await rm(`${this.#directory}/${name}`, { force: true });
  }

  path(sha256: string): string {
    return `${this.#directory}/${sha256}`;
  }

  async has(sha256: string): Promise<boolean> {
    return access(this.path(sha256)).then(
      () => true,
      () => false,
    );
  }

  read(sha256: string): Readable {
    return createReadStream(this.path(sha256));
  }

  /** Keeps a small content. @returns its hash */
  async put(content: Uint8Array): Promise<string> {
    const sha256 = createHash("sha256").update(content).digest("hex");
    if (await this.has(sha256)) return sha256;
    const path = this.#incomingPath();
    try {
      const file = await open(path, "wx", 0o600);
      await file
        .writeFile(content)
        .then(() => file.sync())
        .finally(() => file.close());
      await this.#publish(path, sha256);
    } finally {
      await rm(path, { force: true });
    }
    return sha256;
  }

  /**
   * Writes a stream to a temporary file; hash and limit are checked on the way. The source is not destroyed, so that its sender
   * can still be answered.
   *
   * @throws {PluginTooLarge} {UploadCut}; nothing is left then
   */
  async receive(source: Readable, limitBytes: number): Promise<IncomingBlob> {
    const path = this.#incomingPath();
    try {
      const { sha256, sizeBytes } = await writeStream(source, path, limitBytes);
      return this.#incoming({ path, sha256, sizeBytes });
    } catch (error) {
      // what still comes is thrown away: a sender that is not read does not read the answer either
      source.resume();
      await rm(path, { force: true });
      throw error;
    }
  }

  /** Removes what nothing refers to any more. */
  async sweep(listUsed: () => Promise<ReadonlySet<string>>): Promise<void> {
    const names = (await readdir(this.#directory)).filter((name) => /^[0-9a-f]{64}$/.test(name));
    const used = await listUsed();
    for (const name of names)
      if (!used.has(name) && !this.#pending.has(name)) await rm(this.path(name), { force: true });
  }

  #incoming(facts: { path: string; sha256: string; sizeBytes: number }): IncomingBlob {
    const { path, sha256 } = facts;
    this.#pending.set(sha256, (this.#pending.get(sha256) ?? 0) + 1);
    return {
      ...facts,
      keep: () => this.#publish(path, sha256),
      discard: async () => {
        const left = (this.#pending.get(sha256) ?? 1) - 1;
        if (left > 0) this.#pending.set(sha256, left);
        else this.#pending.delete(sha256);
        await rm(path, { force: true });
      },
    };
  }

  async #publish(path: string, sha256: string): Promise<void> {
    await rename(path, this.path(sha256));
    const directory = await open(this.#directory, "r");
    await directory.sync().finally(() => directory.close());
  }

  #incomingPath(): string {
    return `${this.#directory}/incoming-${randomUUID()}`;
  }
}

async function writeStream(source: Readable, path: string, limitBytes: number) {
  const hash = createHash("sha256");
  const file = await open(path, "wx", 0o600);
  let sizeBytes = 0;
  try {
    for await (const chunk of chunksOf(source)) {
      sizeBytes += chunk.length;
      if (sizeBytes > limitBytes) throw new PluginTooLarge({ what: "the archive", limitBytes });
      hash.update(chunk);
      await file.writeFile(chunk);
    }
    await file.sync();
  } finally {
    await file.close();
  }
  return { sha256: hash.digest("hex"), sizeBytes };
}

/** @throws {UploadCut} the source failed */
async function* chunksOf(source: Readable): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of source.iterator({ destroyOnReturn: false })) yield chunk as Uint8Array;
  } catch (cause) {
    throw new UploadCut({}, { cause });
  }
}
