import { createHash } from "node:crypto";
import type { AuditRow, AuditStore } from "./audit-store.js";

/** What a caller tells; id, time order and hashes are added. */
export interface AuditEvent {
  readonly atMs: number;
  readonly actor: string;
  /** Area and verb, e.g. `service.create`. */
  readonly action: string;
  /** What it was done to, e.g. `Flight.mod_flight`. */
  readonly target: string;
  /** One sentence for people. */
  readonly text: string;
}

/** Appends an event. Call it inside the transaction of the change, with that transaction's store. */
export async function appendAudit(store: AuditStore, event: AuditEvent): Promise<void> {
  const last = await store.last();
  const { atMs, actor, action, target, text } = event;
  const facts = { entryId: (last?.entryId ?? 0) + 1, atMs, actor, action, target, text };
  const previousHash = last?.hash ?? "";
  await store.append({ ...facts, previousHash, hash: auditHash(previousHash, facts) });
}

/** SHA-256 over the hash before and the entry's fields as a JSON array in fixed order. */
export function auditHash(previousHash: string, entry: Omit<AuditRow, "previousHash" | "hash">): string {
  const { entryId, atMs, actor, action, target, text } = entry;
  const canonical = JSON.stringify([previousHash, entryId, atMs, actor, action, target, text]);
  return createHash("sha256").update(canonical).digest("hex");
}

/** Where a check of the chain has come to. */
export interface ChainHead {
  readonly entryId: number;
  readonly hash: string;
}

export const CHAIN_START: ChainHead = { entryId: 0, hash: "" };

/** Follows the chain through `rows` (oldest first). @returns the new head, or undefined at the first broken entry */
export function followChain(head: ChainHead, rows: readonly AuditRow[]): ChainHead | undefined {
  let { entryId, hash } = head;
  for (const row of rows) {
    if (row.entryId !== entryId + 1 || row.previousHash !== hash || row.hash !== auditHash(hash, row)) return undefined;
    entryId = row.entryId;
    hash = row.hash;
  }
  return { entryId, hash };
}
