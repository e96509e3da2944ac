import { type Static, Type } from "typebox";
import { FullName, InstanceAddress, Ipv4, Memo, Name, Port, ServiceParams } from "./names.js";
import { AtMs, Empty, OneOf, route, Strict } from "./route.js";

/** `standard` = built with the framework and managed here; `external` = foreign, only registered. */
export const ServiceKind = OneOf(["standard", "external"]);
/** Health of a service in one word; colours and texts follow it. */
export const Health = OneOf(["well", "degraded", "failing", "unknown"]);
export type Health = Static<typeof Health>;

export const Group = Strict({ name: Name("first level"), kind: ServiceKind, createdAtMs: AtMs("created") });
export type Group = Static<typeof Group>;

export const Transport = OneOf(["tcp", "udp", "all"]);

export const ServiceSummary = Strict({
  first: Name("first level"),
  second: Name("second level"),
  kind: ServiceKind,
  language: Type.String({ description: "of standard services; empty for external ones" }),
  port: Type.Integer({ description: "listening port of standard services; 0 for external ones" }),
  memo: Memo,
  createdAtMs: AtMs("created"),
  health: Health,
  healthText: Type.String({ description: "why, in words" }),
  instanceCount: Type.Integer(),
  enabledCount: Type.Integer({ description: "instances in traffic" }),
});
export type ServiceSummary = Static<typeof ServiceSummary>;

/** Processes of one instance as its machine's agent sees them. */
export const InstanceProcess = Strict({
  state: OneOf(["running", "starting", "stopping", "backoff", "stopped", "absent", "unknown"]),
  releaseId: Type.Union([Type.String(), Type.Null()]),
  pid: Type.Union([Type.Integer(), Type.Null()]),
  workers: Type.Integer(),
  restarts: Type.Integer({ description: "unplanned restarts since the agent took it over" }),
  sinceAtMs: AtMs("in this state since"),
  text: Type.String({ description: "why, in words" }),
});
export type InstanceProcess = Static<typeof InstanceProcess>;

/** One machine's view of an instance: fault tolerance is local, so views may differ. */
export const InstanceView = Strict({
  machine: Type.String({ description: "name of the machine that sees it so" }),
  state: OneOf(["well", "ejected", "trial"]),
  successRatio: Type.Number(),
  latencyMs: Type.Number(),
  inFlight: Type.Integer(),
  text: Type.String(),
});
export type InstanceView = Static<typeof InstanceView>;

export const Instance = Strict({
  address: InstanceAddress,
  host: Ipv4,
  port: Port,
  transport: Transport,
  weight: Type.Integer({ minimum: 1, maximum: 10_000 }),
  status: OneOf(["enabled", "disabled"]),
  releaseMemo: Type.String({ description: "what was released last, MMDDhhmm + memo" }),
  machineId: Type.Union([Type.String(), Type.Null()], { description: "machine with this address, if it joined" }),
  machineName: Type.String(),
  machineState: OneOf(["online", "away", "absent"]),
  process: InstanceProcess,
  views: Type.Array(InstanceView),
});
export type Instance = Static<typeof Instance>;

export const serviceRoutes = {
  "groups.create": route({
    method: "POST",
    path: "/api/v1/groups",
    tag: "services",
    permission: "service:write",
    summary: "Add a first-level service (a group)",
    body: Strict({ name: Name("first level; not `agent`, `console`, `backup`"), kind: ServiceKind }),
    response: Group,
    status: 201,
  }),
  "groups.delete": route({
    method: "DELETE",
    path: "/api/v1/groups/:first",
    tag: "services",
    permission: "service:write",
    summary: "Remove an empty group",
    params: Strict({ first: Name("first level") }),
    response: Empty,
  }),
  "services.list": route({
    method: "GET",
    path: "/api/v1/services",
    tag: "services",
    permission: "service:read",
    summary: "The two-level tree, with the health of each leaf",
    response: Strict({ groups: Type.Array(Group), services: Type.Array(ServiceSummary) }),
  }),
  "services.create": route({
    method: "POST",
    path: "/api/v1/services",
    tag: "services",
    permission: "service:write",
    summary: "Add a second-level service to a group",
    body: Strict({
      first: Name("first level"),
      second: Name("second level"),
      language: Type.Optional(OneOf(["typescript", "c++", "java", "php", "python"])),
      port: Type.Optional(Port),
      memo: Type.Optional(Memo),
    }),
    response: ServiceSummary,
    status: 201,
  }),
  "services.get": route({
    method: "GET",
    path: "/api/v1/services/:first/:second",
    tag: "services",
    permission: "service:read",
    summary: "One service",
    params: ServiceParams,
    response: ServiceSummary,
  }),
  "services.delete": route({
    method: "DELETE",
    path: "/api/v1/services/:first/:second",
    tag: "services",
    permission: "service:write",
    summary: "Remove a service that has no instance in traffic; its versions go with it",
    params: ServiceParams,
    response: Empty,
  }),
  "instances.list": route({
    method: "GET",
    path: "/api/v1/services/:first/:second/instances",
    tag: "services",
    permission: "service:read",
    summary: "Instances with their processes and how other machines see them",
    params: ServiceParams,
    response: Strict({ instances: Type.Array(Instance) }),
  }),
  "instances.create": route({
    method: "POST",
    path: "/api/v1/services/:first/:second/instances",
    tag: "services",
    permission: "service:write",
    summary:
      "Add instances, out of traffic. Standard services take hosts (the service's port is used), external ones ip:port. All or none are added",
    params: ServiceParams,
    body: Strict({
      hosts: Type.Optional(Type.Array(Ipv4, { minItems: 1, maxItems: 100 })),
      addresses: Type.Optional(Type.Array(InstanceAddress, { minItems: 1, maxItems: 100 })),
      transport: Type.Optional(Transport),
      weight: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000 })),
    }),
    response: Strict({ instances: Type.Array(Instance) }),
    status: 201,
  }),
  "instances.delete": route({
    method: "DELETE",
    path: "/api/v1/services/:first/:second/instances/:address",
    tag: "services",
    permission: "service:write",
    summary: "Remove an instance that is out of traffic",
    params: Strict({ first: Name("first level"), second: Name("second level"), address: InstanceAddress }),
    response: Empty,
  }),
  "instances.order": route({
    method: "POST",
    path: "/api/v1/services/:first/:second/instances/:address/orders",
    tag: "services",
    permission: "release:write",
    summary: "Start, stop or restart the processes of one instance by a signed order; the answer comes when it is done",
    params: Strict({ first: Name("first level"), second: Name("second level"), address: InstanceAddress }),
    body: Strict({ action: OneOf(["start", "stop", "restart"]) }),
    response: Strict({ text: Type.String() }),
  }),
  "capacity.change": route({
    method: "POST",
    path: "/api/v1/services/:first/:second/capacity",
    tag: "services",
    permission: "capacity:write",
    summary: "Expand (put instances into traffic) or shrink (take them out). `dryRun` only tells what would be",
    params: ServiceParams,
    body: Strict({
      action: OneOf(["expand", "shrink"]),
      addresses: Type.Array(InstanceAddress, { minItems: 1, maxItems: 1000 }),
      dryRun: Type.Optional(Type.Boolean()),
      allowEmpty: Type.Optional(Type.Boolean({ description: "confirm that the last instance leaves traffic" })),
    }),
    response: Strict({
      text: Type.String({ description: "what happens, in words" }),
      inTraffic: Type.Array(InstanceAddress, { description: "read back from the name store (after the change)" }),
      revision: Type.Integer({ description: "of the name store" }),
      agentsTold: Type.Integer({ description: "agents that confirmed this revision within 2 s" }),
      agentsOnline: Type.Integer(),
    }),
  }),
  "naming.get": route({
    method: "GET",
    path: "/api/v1/naming/:service",
    tag: "services",
    permission: "service:read",
    summary: "What the name store tells machines about a service",
    params: Strict({ service: FullName }),
    response: Strict({
      service: FullName,
      policy: Type.String(),
      revision: Type.Integer(),
      instances: Type.Array(Strict({ host: Ipv4, port: Port, transport: Transport, weight: Type.Integer() })),
    }),
  }),
} as const;
