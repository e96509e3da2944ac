import type { Readable } from "node:stream";
import { MAX_PLUGIN_BYTES, type Version } from "@msec/api-schema";
import { formatServiceName, type ServiceName } from "@msec/core";
import type { Database } from "../database/database.js";
import type { Actor } from "../http/route-handlers.js";
import type { BlobStore } from "./blob-store.js";
import { UploadsBusy } from "./errors.js";
import { checkPluginArchive } from "./plugin-archive.js";
import type { VersionService } from "./version-service.js";
import type { VersionKey } from "./version-store.js";

/** Uploads at once; more are refused, so that checking archives can't starve the console. */
const MAX_UPLOADS = 4;

export interface PluginUpload extends ServiceName {
  readonly tag: string;
  readonly memo: string;
  readonly content: Readable;
}

/** Versions of plug-ins: archives, kept by content hash. */
export class PluginService {
  readonly #versions: VersionService;
  readonly #blobs: BlobStore;
  readonly #database: Database;
  readonly #limitBytes: number;
  #uploads = 0;

  constructor(opts: { versions: VersionService; blobs: BlobStore; database: Database; limitBytes?: number }) {
    this.#versions = opts.versions;
    this.#blobs = opts.blobs;
    this.#database = opts.database;
    this.#limitBytes = opts.limitBytes ?? MAX_PLUGIN_BYTES;
  }

  /** Streams an archive to disk, checks it, and keeps it or nothing. @throws what the check says; {VersionExists} {UploadsBusy} */
  async upload(actor: Actor, input: PluginUpload): Promise<Version> {
    const { first, second, tag, memo } = input;
    const key: VersionKey = { kind: "plugin", first, second, tag };
    await this.#versions.checkNew(key);
    if (this.#uploads >= MAX_UPLOADS) throw new UploadsBusy({ limit: MAX_UPLOADS, retryAfterSec: 5 });
    this.#uploads++;
    try {
      return await this.#receive(actor, { key, memo, content: input.content });
    } finally {
      this.#uploads--;
    }
  }

  async delete(actor: Actor, key: VersionKey): Promise<void> {
    await this.#versions.delete(actor, key);
    await this.sweep();
  }

  /** Removes contents that no version refers to any more. */
  async sweep(): Promise<void> {
    await this.#blobs.sweep(() => this.#database.stores.versions.listHashes());
  }

  async #receive(actor: Actor, input: { key: VersionKey; memo: string; content: Readable }): Promise<Version> {
    const { key, memo } = input;
    const blob = await this.#blobs.receive(input.content, this.#limitBytes);
    try {
      await checkPluginArchive(blob.path, formatServiceName(key));
      await blob.keep();
      const { sha256, sizeBytes } = blob;
      return await this.#versions.add(actor, { key, memo, sha256, sizeBytes, content: null });
    } finally {
      await blob.discard();
    }
  }
}
