import type { Version } from "@msec/api-schema";
import { type Clock, formatServiceName, type ServiceName } from "@msec/core";
import { appendAudit } from "../audit/audit-chain.js";
import type { Database } from "../database/database.js";
import { type Actor, actorName } from "../http/route-handlers.js";
import { ServiceUnknown } from "../services/errors.js";
import type { ServiceRow } from "../services/service-store.js";
import { VersionExists, VersionInUse, VersionsNotForKind, VersionUnknown } from "./errors.js";
import type { VersionKey, VersionRow } from "./version-store.js";
import type { VersionKind } from "./version-tables.js";
import { noVersionUse, type VersionUse } from "./version-use.js";

export interface NewVersion {
  readonly key: VersionKey;
  readonly memo: string;
  readonly sizeBytes: number;
  readonly sha256: string;
  /** Null for plug-ins: their content is a blob. */
  readonly content: string | null;
}

/** What is the same for versions of every kind: they are added, listed and removed, and never change. */
export class VersionService {
  readonly #database: Database;
  readonly #clock: Clock;
  #use: VersionUse = noVersionUse;

  constructor(opts: { database: Database; clock: Clock }) {
    this.#database = opts.database;
    this.#clock = opts.clock;
  }

  /** Releases are composed later than versions. */
  setUse(use: VersionUse): void {
    this.#use = use;
  }

  /** Newest first. @throws {ServiceUnknown} */
  async list(kind: VersionKind, name: ServiceName): Promise<Version[]> {
    await this.service(name);
    const rows = await this.#database.stores.versions.list(kind, name.first, name.second);
    const use = await this.#use.usedBy(kind, name);
    return rows.map((row) => toVersion(row, use.get(row.tag) ?? []));
  }

  find(key: VersionKey): Promise<VersionRow | undefined> {
    return this.#database.stores.versions.find(key);
  }

  /** @throws {ServiceUnknown} {VersionUnknown} */
  async get(key: VersionKey): Promise<Version> {
    await this.service(key);
    const row = await this.find(key);
    if (!row) throw new VersionUnknown(unknownDetails(key));
    const use = await this.#use.usedBy(key.kind, key);
    return toVersion(row, use.get(key.tag) ?? []);
  }

  /** Text of a config or an interface. @throws {VersionUnknown} */
  async content(key: VersionKey): Promise<string> {
    const content = await this.#database.stores.versions.readContent(key);
    if (content === undefined) throw new VersionUnknown(unknownDetails(key));
    return content;
  }

  /** Refuses a tag that exists, before any work is done for it. @throws {ServiceUnknown} {VersionsNotForKind} {VersionExists} */
  async checkNew(key: VersionKey): Promise<ServiceRow> {
    const service = await this.service(key);
    if (service.kind !== "standard") throw new VersionsNotForKind({ service: formatServiceName(key) });
    if (await this.find(key)) throw new VersionExists({ kind: key.kind, tag: key.tag });
    return service;
  }

  /** @throws {VersionExists} the tag exists; it stays as it is. {ServiceUnknown} */
  async add(actor: Actor, version: NewVersion): Promise<Version> {
    const { key, memo, sizeBytes, sha256, content } = version;
    const row = { ...key, memo, sizeBytes, sha256, author: actorName(actor), createdAtMs: this.#clock.nowMs() };
    await this.#database.transact(async (stores) => {
      const service = await stores.services.findService(key.first, key.second);
      if (!service) throw new ServiceUnknown({ service: formatServiceName(key) });
      if (!(await stores.versions.add(row, content))) throw new VersionExists({ kind: key.kind, tag: key.tag });
      const text = `added ${key.kind} version ${key.tag} (${sizeBytes} bytes, sha256 ${sha256.slice(0, 12)})`;
      await appendAudit(stores.audit, this.#event(actor, key, { verb: "create", text }));
    });
    return toVersion(row, []);
  }

  /** @throws {ServiceUnknown} {VersionUnknown} {VersionInUse} */
  async delete(actor: Actor, key: VersionKey): Promise<void> {
    const { usedBy } = await this.get(key);
    const { kind, tag } = key;
    if (usedBy.length > 0) throw new VersionInUse({ kind, tag, releases: usedBy });
    await this.#database.transact(async (stores) => {
      if (!(await stores.versions.find(key))) throw new VersionUnknown(unknownDetails(key));
      await stores.versions.remove(key);
      await appendAudit(
        stores.audit,
        this.#event(actor, key, { verb: "delete", text: `removed ${kind} version ${tag}` }),
      );
    });
  }

  /** @throws {ServiceUnknown} */
  async service(name: ServiceName): Promise<ServiceRow> {
    const row = await this.#database.stores.services.findService(name.first, name.second);
    if (!row) throw new ServiceUnknown({ service: formatServiceName(name) });
    return row;
  }

  #event(actor: Actor, key: VersionKey, { verb, text }: { verb: string; text: string }) {
    const target = formatServiceName(key);
    return { atMs: this.#clock.nowMs(), actor: actorName(actor), action: `${key.kind}.${verb}`, target, text };
  }
}

function unknownDetails(key: VersionKey) {
  return { kind: key.kind, tag: key.tag, service: formatServiceName(key) };
}

function toVersion(row: VersionRow, usedBy: readonly string[]): Version {
  const { tag, memo, author, createdAtMs, sizeBytes, sha256 } = row;
  return { tag, memo, author, createdAtMs, sizeBytes, sha256, usedBy: [...usedBy] };
}
