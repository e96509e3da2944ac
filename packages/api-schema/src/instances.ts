import { type Static, Type } from "typebox";
import { FullName, InstanceAddress, Ip, Ipv4, LabelChange, Labels, Name, Port, ServiceParams } from "./names.js";
import { AtMs, Empty, OneOf, route, Strict } from "./route.js";
import { Tuning } from "./service-settings.js";

export const Transport = OneOf(["tcp", "udp", "all"]);

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
  state: OneOf(["well", "ejected", "trial", "unreachable"]),
  successRatio: Type.Number(),
  latencyMs: Type.Number(),
  inFlight: Type.Integer(),
  text: Type.String(),
});
export type InstanceView = Static<typeof InstanceView>;

const Weight = Type.Integer({ minimum: 1, maximum: 10_000 });

export const Instance = Strict({
  address: InstanceAddress,
  host: Ip,
  port: Port,
  transport: Transport,
  weight: Weight,
  labels: Labels,
  labelsFrom: Type.Unsafe<"instance" | "machine">({
    type: "string",
    enum: ["instance", "machine"],
    description: "whose labels these are: its own, or those of the machine it is on",
  }),
  status: OneOf(["enabled", "disabled"]),
  releaseMemo: Type.String({ description: "what was released last, MMDDhhmm + memo" }),
  machineId: Type.Union([Type.String(), Type.Null()], { description: "machine with this address, if it joined" }),
  machineName: Type.String(),
  machineState: OneOf(["online", "away", "absent"]),
  process: InstanceProcess,
  views: Type.Array(InstanceView),
});
export type Instance = Static<typeof Instance>;

const InstanceParams = Strict({
  first: Name("first level"),
  second: Name("second level"),
  address: InstanceAddress,
});

export const instanceRoutes = {
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
      weight: Type.Optional(Weight),
      labels: Type.Optional(LabelChange),
    }),
    response: Strict({ instances: Type.Array(Instance) }),
    status: 201,
  }),
  "instances.update": route({
    method: "PUT",
    path: "/api/v1/services/:first/:second/instances/:address",
    tag: "services",
    permission: "capacity:write",
    summary:
      "Change weight, protocol and labels of an instance, in traffic or not. What is missing stays. Instances of standard services have the labels of their machine",
    params: InstanceParams,
    body: Strict({
      transport: Type.Optional(Transport),
      weight: Type.Optional(Weight),
      labels: Type.Optional(LabelChange),
    }),
    response: Instance,
  }),
  "instances.delete": route({
    method: "DELETE",
    path: "/api/v1/services/:first/:second/instances/:address",
    tag: "services",
    permission: "service:write",
    summary: "Remove an instance that is out of traffic",
    params: InstanceParams,
    response: Empty,
  }),
  "instances.order": route({
    method: "POST",
    path: "/api/v1/services/:first/:second/instances/:address/orders",
    tag: "services",
    permission: "release:write",
    summary: "Start, stop or restart the processes of one instance by a signed order; the answer comes when it is done",
    params: InstanceParams,
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
      confirm: Type.Optional(
        Type.String({
          maxLength: 33,
          description: "full name of the service; needed besides `allowEmpty` for the platform's own (RESERVED.*)",
        }),
      ),
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
      check: Type.String(),
      locality: Type.String(),
      partition: Type.Boolean(),
      tuning: Type.Optional(Tuning),
      revision: Type.Integer(),
      instances: Type.Array(
        Strict({ host: Ip, port: Port, transport: Transport, weight: Type.Integer(), ...Labels.properties }),
      ),
    }),
  }),
} as const;
