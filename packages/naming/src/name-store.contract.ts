/** What every name store promises. Called by each implementation's test. */
import { expect, it } from "vitest";
import type { NameDelta, NameStore, ServiceEntryInput } from "./name-store.js";

export function nameStoreContract(open: () => Promise<NameStore>): void {
  const use = (name: string, check: (store: NameStore) => Promise<void>) =>
    it(name, async () => {
      const store = await open();
      try {
        await check(store);
      } finally {
        await store.close();
      }
    });
  const entry = (...lasts: number[]): ServiceEntryInput => ({
    policy: "adaptive",
    instances: lasts.map((last) => ({ host: `10.0.0.${last}`, port: 7963, transport: "tcp", weight: 100 })),
  });

  use("starts empty at revision 0", async (store) => {
    expect(await store.list()).toEqual([]);
    expect(await store.get("VOA.Crawl")).toBeUndefined();
    expect(await store.snapshot()).toEqual({ revision: 0, services: [] });
    expect(await store.changesSince(0)).toEqual([]);
  });

  use("gives back what was put, with defaults and its revision, by name in order", async (store) => {
    await store.put("VOA.Crawl", entry(2, 1));
    await store.put("App.Login", { policy: "wrr", instances: [{ host: "10.0.0.9", port: 80, transport: "udp" }] });
    const [login, crawl] = await store.list();
    expect(login).toEqual({
      service: "App.Login",
      policy: "wrr",
      check: "none",
      locality: "none",
      partition: false,
      instances: [{ host: "10.0.0.9", port: 80, transport: "udp", weight: 100, zone: "", rack: "", set: "" }],
      revision: 2,
    });
    expect(crawl?.instances.map((instance) => instance.host)).toEqual(["10.0.0.1", "10.0.0.2"]);
    expect(await store.get("VOA.Crawl")).toEqual(crawl);
    expect(await store.snapshot()).toEqual({ revision: 2, services: [login, crawl] });
  });

  use("keeps labels, settings and IPv6 addresses, each in its one text", async (store) => {
    const near = { zone: "eu-1a", rack: "r07", set: "blue" };
    const input = {
      policy: "standard",
      check: "tcp",
      locality: "rack",
      partition: true,
      tuning: { shaping_request_min: 20, success_ratio_base: 0.95 },
      instances: [{ host: "2001:DB8:0::1", port: 80, transport: "tcp", weight: 7, ...near }],
    } as const;
    await store.put("VOA.Crawl", input);
    const kept = await store.get("VOA.Crawl");
    expect(kept).toEqual({
      service: "VOA.Crawl",
      revision: 1,
      ...input,
      instances: [{ ...input.instances[0], host: "2001:db8::1" }],
    });
    expect(await store.put("VOA.Crawl", kept ?? entry()), "a repeat").toMatchObject({ revision: 1 });
    expect(await store.put("VOA.Crawl", { ...input, locality: "zone" })).toMatchObject({ revision: 2 });
    expect(await store.put("VOA.Crawl", { ...input, locality: "zone", tuning: undefined })).toMatchObject({
      revision: 3,
    });
    expect(await store.get("VOA.Crawl")).not.toHaveProperty("tuning");
  });

  use("counts one revision per change of the whole store, none for a repeat", async (store) => {
    const revisions = [];
    revisions.push((await store.put("A1.B1", entry(1))).revision);
    revisions.push((await store.put("A2.B2", entry(1))).revision);
    revisions.push((await store.put("A1.B1", entry(1))).revision);
    revisions.push((await store.put("A1.B1", entry(1, 2))).revision);
    expect(revisions).toEqual([1, 2, 1, 3]);
    expect((await store.snapshot()).revision).toBe(3);
  });

  use("keeps a name without instances", async (store) => {
    expect(await store.put("A1.B1", entry())).toMatchObject({ instances: [], revision: 1 });
    expect(await store.list()).toHaveLength(1);
  });

  use("refuses a write over somebody else's", async (store) => {
    const { revision } = await store.put("A1.B1", entry(1), { expectedRevision: 0 });
    await store.put("A1.B1", entry(1, 2), { expectedRevision: revision });
    await expect(store.put("A1.B1", entry(3), { expectedRevision: revision })).rejects.toMatchObject({
      reason: "NAME_REVISION_CONFLICT",
      details: { service: "A1.B1", expectedRevision: 1, foundRevision: 2 },
    });
    await expect(store.put("A1.B1", entry(3), { expectedRevision: 0 })).rejects.toMatchObject({
      code: "FAILED_PRECONDITION",
    });
    expect((await store.get("A1.B1"))?.instances).toHaveLength(2);
  });

  use("lets one of several racing writers win", async (store) => {
    await store.put("A1.B1", entry(1));
    const writes = [2, 3, 4, 5].map((last) => store.put("A1.B1", entry(last), { expectedRevision: 1 }));
    const results = await Promise.allSettled(writes);
    expect(results.filter((result) => result.status === "fulfilled")).toHaveLength(1);
    expect((await store.snapshot()).revision).toBe(2);
  });

  use("refuses malformed entries and changes nothing", async (store) => {
    const bad: [string, ServiceEntryInput][] = [
      ["NoDot", entry(1)],
      ["A1.B1", { ...entry(1), policy: "" }],
      ["A1.B1", entry(1, 1)],
      ["A1.B1", { policy: "wrr", instances: [{ host: "example.org", port: 80, transport: "tcp" }] }],
      ["A1.B1", { policy: "wrr", instances: [{ host: "10.0.0.1", port: 70_000, transport: "tcp" }] }],
      ["A1.B1", { policy: "wrr", instances: [{ host: "10.0.0.1", port: 80, transport: "tcp", weight: 0 }] }],
      ["A1.B1", { policy: "wrr", instances: [{ host: "10.0.0.1", port: 80, transport: "sctp" as "tcp" }] }],
      ["A1.B1", { policy: "wrr", instances: [{ host: "10.0.0.1", port: 80, transport: "tcp", zone: "a b" }] }],
      ["A1.B1", { policy: "wrr", instances: [], tuning: { dead_retry_ratio: 1.1 } }],
    ];
    for (const [service, input] of bad)
      await expect(store.put(service, input)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    expect((await store.snapshot()).revision).toBe(0);
  });

  use("tells what changed since a revision: the latest of each service, removals too", async (store) => {
    await store.put("A1.B1", entry(1));
    await store.put("A2.B2", entry(1));
    await store.put("A1.B1", entry(2));
    expect(await store.remove("A2.B2")).toBe(true);
    const latest = await store.get("A1.B1");
    const put = { kind: "put", revision: 3, entry: latest };
    const removed = { kind: "remove", revision: 4, service: "A2.B2" };
    expect(await store.changesSince(0)).toEqual([put, removed]);
    expect(await store.changesSince(3)).toEqual([removed]);
    expect(await store.changesSince(4)).toEqual([]);
    expect(await store.list()).toEqual([latest]);
  });

  use("says reset to a reader that is ahead of it or nowhere", async (store) => {
    await store.put("A1.B1", entry(1));
    expect(await store.changesSince(2)).toBe("reset");
    expect(await store.changesSince(-1)).toBe("reset");
  });

  use("takes a removed name again", async (store) => {
    await store.put("A1.B1", entry(1));
    await store.remove("A1.B1");
    expect(await store.remove("A1.B1")).toBe(false);
    expect(await store.remove("No.Such")).toBe(false);
    expect(await store.get("A1.B1")).toBeUndefined();
    expect(await store.put("A1.B1", entry(1), { expectedRevision: 0 })).toMatchObject({ revision: 3 });
    expect(await store.changesSince(2)).toHaveLength(1);
  });

  use("tells listeners each change in order, not repeats, until they leave", async (store) => {
    const heard: NameDelta[] = [];
    const unsubscribe = store.onChange((delta) => heard.push(delta));
    store.onChange(() => {
      throw new Error("a bad listener");
    });
    await store.put("A1.B1", entry(1));
    await store.put("A1.B1", entry(1));
    await store.remove("A1.B1");
    unsubscribe();
    await store.put("A1.B1", entry(1));
    expect(heard.map((delta) => [delta.kind, delta.revision])).toEqual([
      ["put", 1],
      ["remove", 2],
    ]);
  });
}
