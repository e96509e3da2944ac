import { expect, it } from "vitest";
import type { AuditRow, AuditStore } from "./audit-store.js";

const row = (entryId: number, target = "Flight"): AuditRow => ({
  entryId,
  atMs: entryId * 10,
  actor: "olga",
  action: "group.create",
  target,
  text: `event ${entryId}`,
  previousHash: `h${entryId - 1}`,
  hash: `h${entryId}`,
});

/** What every audit store promises. */
export function auditStoreContract(withStore: (work: (store: AuditStore) => Promise<void>) => Promise<void>): void {
  it("appends, and reads forwards and backwards", () =>
    withStore(async (store) => {
      expect([await store.last(), await store.list({ limit: 5 })]).toEqual([undefined, []]);
      for (const entry of [row(1), row(2, "Other"), row(3), row(4)]) await store.append(entry);
      expect(await store.last()).toEqual(row(4));
      expect(await store.list({ limit: 2 })).toEqual([row(4), row(3)]);
      expect(await store.list({ limit: 2, before: 4, target: "Flight" })).toEqual([row(3), row(1)]);
      expect(await store.listAfter(1, 2)).toEqual([row(2, "Other"), row(3)]);
    }));

  it("refuses an id that is taken", () =>
    withStore(async (store) => {
      await store.append(row(1));
      await expect(store.append(row(1, "Other"))).rejects.toThrow();
      expect(await store.list({ limit: 5 })).toEqual([row(1)]);
    }));
}
