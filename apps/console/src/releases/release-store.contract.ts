import type { ReleaseTarget } from "@msec/api-schema";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { NewRelease, ReleaseStore } from "./release-store.js";

export interface OpenReleaseStore {
  readonly store: ReleaseStore;
  close(): Promise<void>;
}

const target = (address: string): ReleaseTarget => ({
  address,
  machineName: "m",
  status: "waiting",
  previousReleaseId: null,
  startedAtMs: null,
  endedAtMs: null,
  error: null,
  errorReason: null,
  steps: [],
});

const plan = (service = "A.b"): NewRelease => ({
  service,
  releaseType: "complete",
  configTag: "c1",
  pluginTag: "p1",
  idlTag: null,
  memo: "memo",
  author: "admin",
  createdAtMs: 1,
  targets: [target("10.0.0.10:80"), target("10.0.0.2:80")],
});

const run = { from: ["ready", "failed"], to: "running", atMs: 5 } as const;

/** What every release store promises. */
export function releaseStoreContract(name: string, open: () => Promise<OpenReleaseStore>): void {
  describe(`${name} keeps releases`, () => {
    let opened: OpenReleaseStore;
    let store: ReleaseStore;
    beforeEach(async () => {
      opened = await open();
      store = opened.store;
    });
    afterEach(() => opened.close());

    it("under ids that count up, with targets in the plan's order", async () => {
      const added = await store.add(plan());
      expect(added).toEqual({ ...plan(), releaseId: "r-1", status: "ready", startedAtMs: null, endedAtMs: null });
      expect(await store.get("r-1")).toEqual(added);
      expect(await store.get("r-2")).toBeUndefined();
      await store.remove("r-1");
      expect((await store.add(plan())).releaseId).toBe("r-2");
    });

    it("and lists them newest first, by service and status", async () => {
      for (const service of ["A.b", "A.c", "A.b"]) await store.add(plan(service));
      await store.end("r-1", "failed", 3);
      const ids = async (filter: Parameters<ReleaseStore["list"]>[0]) =>
        (await store.list(filter)).map(({ releaseId }) => releaseId);
      expect(await ids({ limit: 10 })).toEqual(["r-3", "r-2", "r-1"]);
      expect(await ids({ limit: 2 })).toEqual(["r-3", "r-2"]);
      expect(await ids({ service: "A.b", limit: 10 })).toEqual(["r-3", "r-1"]);
      expect(await ids({ service: "A.b", status: "failed", limit: 10 })).toEqual(["r-1"]);
      expect((await store.list({ limit: 1 }))[0]?.targets).toHaveLength(2);
    });

    it("of which one per service is under way", async () => {
      for (const service of ["A.b", "A.b", "A.c"]) await store.add(plan(service));
      expect(await Promise.all(["r-1", "r-1", "r-2", "r-3"].map((id) => store.begin(id, run)))).toEqual([
        true,
        false,
        false,
        true,
      ]);
      expect(await store.get("r-1")).toMatchObject({ status: "running", startedAtMs: 5, endedAtMs: null });
      await store.end("r-1", "failed", 6);
      expect(await store.begin("r-2", { from: ["failed"], to: "rolling_back", atMs: 7 })).toBe(false);
      expect(await store.begin("r-1", { from: ["failed"], to: "rolling_back", atMs: 7 })).toBe(true);
      expect(await store.get("r-1")).toMatchObject({ status: "rolling_back", startedAtMs: 5, endedAtMs: null });
      expect(await store.begin("r-2", run)).toBe(false);
      expect(await store.begin("r-9", run)).toBe(false);
    });

    it("with what happened on each machine", async () => {
      await store.add(plan());
      await store.add(plan());
      await store.setTarget("r-1", "10.0.0.2:80", { status: "failed", error: "e", errorReason: "R", endedAtMs: 4 });
      await store.setTarget("r-1", "10.0.0.2:80", { previousReleaseId: "r-0", startedAtMs: 3, error: null });
      await store.addStep("r-1", "10.0.0.2:80", { atMs: 2, step: "b", text: "second in time" });
      await store.addStep("r-1", "10.0.0.2:80", { atMs: 1, step: "a", text: "told later" });
      const changed = {
        status: "failed",
        error: null,
        errorReason: "R",
        previousReleaseId: "r-0",
        startedAtMs: 3,
        endedAtMs: 4,
        steps: [{ step: "b" }, { step: "a" }],
      };
      expect((await store.get("r-1"))?.targets).toMatchObject([target("10.0.0.10:80"), changed]);
      expect((await store.get("r-2"))?.targets).toEqual(plan().targets);
    });

    it("and removes only plans", async () => {
      await store.add(plan());
      await store.begin("r-1", run);
      expect(await store.remove("r-1")).toBe(false);
      expect(await store.remove("r-9")).toBe(false);
      expect(await store.get("r-1")).toBeDefined();
    });
  });
}
