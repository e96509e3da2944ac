import { type Static, Type } from "typebox";
import { FullName, InstanceAddress, Memo, Name, ServiceParams } from "./names.js";
import { AtMs, Empty, OneOf, route, Strict } from "./route.js";

/** A release is `succeeded` only when it is on every machine of the plan. */
export const ReleaseStatus = OneOf([
  "ready",
  "running",
  "succeeded",
  "failed",
  "rolling_back",
  "rolled_back",
  "rollback_failed",
]);
export type ReleaseStatus = Static<typeof ReleaseStatus>;

export const TargetStatus = OneOf([
  "waiting",
  "installing",
  "starting",
  "succeeded",
  "failed",
  "skipped",
  "rolling_back",
  "rolled_back",
  "rollback_failed",
]);

export type TargetStatus = Static<typeof TargetStatus>;

/** One line of what happened on a machine. */
export const ReleaseStep = Strict({ atMs: AtMs("when"), step: Type.String(), text: Type.String() });
export type ReleaseStep = Static<typeof ReleaseStep>;

export const ReleaseTarget = Strict({
  address: InstanceAddress,
  machineName: Type.String(),
  status: TargetStatus,
  previousReleaseId: Type.Union([Type.String(), Type.Null()]),
  startedAtMs: Type.Union([AtMs("started"), Type.Null()]),
  endedAtMs: Type.Union([AtMs("ended"), Type.Null()]),
  error: Type.Union([Type.String(), Type.Null()]),
  errorReason: Type.Union([Type.String(), Type.Null()]),
  steps: Type.Array(ReleaseStep),
});
export type ReleaseTarget = Static<typeof ReleaseTarget>;

export const Release = Strict({
  releaseId: Type.String(),
  service: FullName,
  releaseType: OneOf(["complete"]),
  configTag: Name("config version"),
  pluginTag: Name("plug-in version"),
  idlTag: Type.Union([Name("interface version"), Type.Null()]),
  memo: Memo,
  status: ReleaseStatus,
  author: Type.String(),
  createdAtMs: AtMs("created"),
  startedAtMs: Type.Union([AtMs("started"), Type.Null()]),
  endedAtMs: Type.Union([AtMs("ended"), Type.Null()]),
  targets: Type.Array(ReleaseTarget),
});
export type Release = Static<typeof Release>;

const ReleaseParams = Strict({ releaseId: Type.String({ pattern: "^r-[0-9]{1,12}$" }) });

export const releaseRoutes = {
  "releases.list": route({
    method: "GET",
    path: "/api/v1/releases",
    tag: "releases",
    permission: "service:read",
    summary: "Releases, newest first",
    query: Strict({
      service: Type.Optional(FullName),
      status: Type.Optional(ReleaseStatus),
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 50 })),
    }),
    response: Strict({ releases: Type.Array(Release) }),
  }),
  "releases.get": route({
    method: "GET",
    path: "/api/v1/releases/:releaseId",
    tag: "releases",
    permission: "service:read",
    summary: "One release with the state and steps of each machine; poll it to watch",
    params: ReleaseParams,
    response: Release,
  }),
  "releases.create": route({
    method: "POST",
    path: "/api/v1/services/:first/:second/releases",
    tag: "releases",
    permission: "release:write",
    summary: "Plan a complete release. Refused when a target's agent is away or another release of the service runs",
    params: ServiceParams,
    body: Strict({
      configTag: Name("config version"),
      pluginTag: Name("plug-in version"),
      idlTag: Type.Optional(Name("interface version")),
      addresses: Type.Array(InstanceAddress, { minItems: 1, maxItems: 1000 }),
      memo: Type.Optional(Memo),
      start: Type.Optional(Type.Boolean({ description: "also begin at once" })),
    }),
    response: Release,
    status: 201,
  }),
  "releases.start": route({
    method: "POST",
    path: "/api/v1/releases/:releaseId/start",
    tag: "releases",
    permission: "release:write",
    summary: "Carry out a planned release, one machine after the other; a failure stops it",
    params: ReleaseParams,
    body: Empty,
    response: Release,
    status: 202,
  }),
  "releases.rollback": route({
    method: "POST",
    path: "/api/v1/releases/:releaseId/rollback",
    tag: "releases",
    permission: "release:write",
    summary: "Switch the machines of this release back to what ran before",
    params: ReleaseParams,
    body: Empty,
    response: Release,
    status: 202,
  }),
  "releases.delete": route({
    method: "DELETE",
    path: "/api/v1/releases/:releaseId",
    tag: "releases",
    permission: "release:write",
    summary: "Remove a planned release that was never started",
    params: ReleaseParams,
    response: Empty,
  }),
} as const;
