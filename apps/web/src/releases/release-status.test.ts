import type { Release, ReleaseTarget } from "@msec/api-schema";
import { expect, it } from "vitest";
import { canRollBack, finishedTargets, isMoving } from "./release-status.js";

const release = (status: Release["status"], targets: ReleaseTarget["status"][]): Release => ({
  releaseId: "r-1",
  service: "Flight.mod_flight",
  releaseType: "complete",
  configTag: "v1",
  pluginTag: "v1",
  idlTag: null,
  memo: "",
  status,
  author: "lisa",
  createdAtMs: 1,
  startedAtMs: 1,
  endedAtMs: null,
  targets: targets.map((each) => ({
    address: "127.0.0.2:7963",
    machineName: "",
    status: each,
    previousReleaseId: null,
    startedAtMs: null,
    endedAtMs: null,
    error: null,
    errorReason: null,
    steps: [],
  })),
});

it("counts machines that are through with the release, or with the way back", () => {
  expect(finishedTargets(release("running", ["succeeded", "starting", "waiting"]))).toBe(1);
  expect(finishedTargets(release("rolling_back", ["rolled_back", "rolling_back", "succeeded"]))).toBe(1);
});

it("offers a rollback only where something was switched and nothing moves", () => {
  const all = ["ready", "running", "succeeded", "failed", "rolling_back", "rolled_back", "rollback_failed"] as const;
  expect(all.filter((status) => canRollBack(release(status, [])))).toEqual(["succeeded", "failed", "rollback_failed"]);
  expect(all.filter((status) => isMoving(release(status, [])))).toEqual(["running", "rolling_back"]);
});
