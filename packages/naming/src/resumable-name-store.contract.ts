/** What a resumable store promises besides name-store.contract.ts. */
import { expect, it } from "vitest";
import type { ServiceEntryInput } from "./name-store.js";
import type { ResumableNameStore } from "./resumable-name-store.js";

export function resumableNameStoreContract(open: () => Promise<ResumableNameStore>): void {
  const entry = (...lasts: number[]): ServiceEntryInput => ({
    policy: "adaptive",
    instances: lasts.map((last) => ({ host: `10.0.0.${last}`, port: 7963, transport: "tcp" })),
  });
  const use = (name: string, check: (store: ResumableNameStore) => Promise<void>) =>
    it(name, async () => {
      const store = await open();
      try {
        await check(store);
      } finally {
        await store.close();
      }
    });

  use("has an epoch of its own", async (store) => {
    const other = await open();
    expect(store.epoch).not.toBe("");
    expect(store.epoch).not.toBe(other.epoch);
    await other.close();
  });

  use("follows from a position of its own epoch, not from one of another", async (store) => {
    await store.put("A1.B1", entry(1));
    const { revision } = await store.put("A2.B2", entry(1));
    expect(await store.changesSince(1, store.epoch)).toHaveLength(1);
    expect(await store.changesSince(revision, store.epoch)).toEqual([]);
    expect(await store.changesSince(1, "another")).toBe("reset");
    expect(await store.changesSince(1, "")).toBe("reset");
    const known = [1, revision, revision + 1].map((at) => store.knows({ epoch: store.epoch, revision: at }));
    expect(await Promise.all(known)).toEqual([true, true, false]);
    expect(await store.knows({ epoch: "another", revision })).toBe(false);
  });

  use("writes many in one step, leaving out what changes nothing, and tells each", async (store) => {
    await store.put("A1.B1", entry(1));
    const heard: string[] = [];
    store.onChange((delta) => heard.push(`${delta.kind} ${delta.revision}`));
    const deltas = await store.writeAll([
      { service: "A1.B1", entry: entry(1) },
      { service: "A2.B2", entry: entry(1, 2) },
      { service: "A1.B1", entry: undefined },
      { service: "No.Such", entry: undefined },
    ]);
    expect(deltas.map(({ kind, revision }) => `${kind} ${revision}`)).toEqual(["put 2", "remove 3"]);
    expect(heard).toEqual(["put 2", "remove 3"]);
    expect((await store.snapshot()).services.map(({ service }) => service)).toEqual(["A2.B2"]);
  });

  use("writes all or nothing", async (store) => {
    const writes = [
      { service: "A1.B1", entry: entry(1) },
      { service: "bad", entry: entry(1) },
    ];
    await expect(store.writeAll(writes)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    expect(await store.list()).toEqual([]);
  });
}
