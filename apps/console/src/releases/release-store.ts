import type { Release, ReleaseStatus, ReleaseStep, ReleaseTarget } from "@msec/api-schema";

export type NewRelease = Omit<Release, "releaseId" | "startedAtMs" | "endedAtMs" | "status">;
export type TargetPatch = Partial<Omit<ReleaseTarget, "address" | "steps">>;

export interface ReleaseFilter {
  readonly service?: string | undefined;
  readonly status?: ReleaseStatus | undefined;
  readonly limit: number;
}

export interface ReleaseStore {
  /** Stores a plan as `ready` under the next id, `r-<n>`. */
  add(release: NewRelease): Promise<Release>;
  get(releaseId: string): Promise<Release | undefined>;
  /** Newest first. */
  list(filter: ReleaseFilter): Promise<readonly Release[]>;
  setStatus(
    releaseId: string,
    status: ReleaseStatus,
    times: { startedAtMs?: number; endedAtMs?: number | null },
  ): Promise<void>;
  setTarget(releaseId: string, address: string, patch: TargetPatch): Promise<void>;
  addStep(releaseId: string, address: string, step: ReleaseStep): Promise<void>;
  remove(releaseId: string): Promise<void>;
}
