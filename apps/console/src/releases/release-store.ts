import type { Release, ReleaseStatus, ReleaseStep, ReleaseTarget } from "@msec/api-schema";

export type NewRelease = Omit<Release, "releaseId" | "startedAtMs" | "endedAtMs" | "status">;
export type TargetPatch = Partial<Omit<ReleaseTarget, "address" | "steps">>;

export interface ReleaseFilter {
  readonly service?: string | undefined;
  readonly status?: ReleaseStatus | undefined;
  readonly limit: number;
}

export interface ReleaseBeginning {
  /** Refused when the release has another status. */
  readonly from: readonly ReleaseStatus[];
  readonly to: "running" | "rolling_back";
  readonly atMs: number;
}

/** Promise: release-store.contract.ts. */
export interface ReleaseStore {
  /** Stores a plan as `ready` under the next id, `r-<n>`. Targets keep their order. Call it in a transaction. */
  add(release: NewRelease): Promise<Release>;
  get(releaseId: string): Promise<Release | undefined>;
  /** Newest first. */
  list(filter: ReleaseFilter): Promise<readonly Release[]>;
  /** Takes it under way, unless its status is not fit or another release of the service is under way. @returns whether it did */
  begin(releaseId: string, beginning: ReleaseBeginning): Promise<boolean>;
  end(releaseId: string, status: ReleaseStatus, endedAtMs: number): Promise<void>;
  setTarget(releaseId: string, address: string, patch: TargetPatch): Promise<void>;
  addStep(releaseId: string, address: string, step: ReleaseStep): Promise<void>;
  /** Removes a plan. @returns false when it is not `ready` (any more) */
  remove(releaseId: string): Promise<boolean>;
}
