import { type Static, Type } from "typebox";
import { Ipv4, LabelChange, Labels } from "./names.js";
import { AtMs, Empty, OneOf, route, Strict } from "./route.js";

export const MachineLoad = Strict({
  cpuRatio: Type.Number({ description: "0 to 1, whole machine" }),
  memoryTotalBytes: Type.Integer(),
  memoryFreeBytes: Type.Integer(),
  loadAverage1m: Type.Number(),
  diskFreeBytes: Type.Integer(),
});

export const MachineService = Strict({
  service: Type.String(),
  state: Type.String(),
  releaseId: Type.Union([Type.String(), Type.Null()]),
  pid: Type.Union([Type.Integer(), Type.Null()]),
  workers: Type.Integer(),
  restarts: Type.Integer(),
  text: Type.String(),
});

export const Machine = Strict({
  machineId: Type.String(),
  name: Type.String(),
  address: Ipv4,
  labels: Labels,
  state: OneOf(["online", "away"]),
  agentVersion: Type.String(),
  platform: Type.String(),
  joinedAtMs: AtMs("joined"),
  lastSeenAtMs: AtMs("last heartbeat"),
  namingRevision: Type.Integer({ description: "revision of the name tables it has" }),
  clockOffsetMs: Type.Integer({ description: "machine's clock minus the console's" }),
  load: Type.Union([MachineLoad, Type.Null()]),
  services: Type.Array(MachineService),
  spooledLogs: Type.Integer({ description: "log records not delivered yet" }),
  droppedLogs: Type.Integer({ description: "log records dropped since the agent started" }),
});
export type Machine = Static<typeof Machine>;

export const Order = Strict({
  orderId: Type.String(),
  machineId: Type.String(),
  machineName: Type.String(),
  op: Type.String(),
  argsText: Type.String(),
  status: OneOf(["sent", "accepted", "succeeded", "failed", "expired"]),
  author: Type.String(),
  issuedAtMs: AtMs("issued"),
  endedAtMs: Type.Union([AtMs("ended"), Type.Null()]),
  error: Type.Union([Type.String(), Type.Null()]),
});
export type Order = Static<typeof Order>;

export const JoinToken = Strict({
  tokenId: Type.String(),
  createdBy: Type.String(),
  createdAtMs: AtMs("created"),
  expiresAtMs: AtMs("expires"),
  usedBy: Type.Union([Type.String(), Type.Null()]),
});
export type JoinToken = Static<typeof JoinToken>;

const MachineParams = Strict({ machineId: Type.String({ maxLength: 64 }) });

export const machineRoutes = {
  "machines.list": route({
    method: "GET",
    path: "/api/v1/machines",
    tag: "machines",
    permission: "machine:read",
    summary: "Machines with their agents' health",
    response: Strict({ machines: Type.Array(Machine) }),
  }),
  "machines.get": route({
    method: "GET",
    path: "/api/v1/machines/:machineId",
    tag: "machines",
    permission: "machine:read",
    summary: "One machine",
    params: MachineParams,
    response: Machine,
  }),
  "machines.orders": route({
    method: "GET",
    path: "/api/v1/machines/:machineId/orders",
    tag: "machines",
    permission: "machine:read",
    summary: "Signed orders that were sent to a machine, newest first",
    params: MachineParams,
    response: Strict({ orders: Type.Array(Order) }),
  }),
  "machines.setLabels": route({
    method: "PUT",
    path: "/api/v1/machines/:machineId/labels",
    tag: "machines",
    permission: "capacity:write",
    summary:
      "Tell where a machine is. What is missing stays. Its instances of standard services and foreign ones without labels of their own get the same",
    params: MachineParams,
    body: LabelChange,
    response: Machine,
  }),
  "machines.delete": route({
    method: "DELETE",
    path: "/api/v1/machines/:machineId",
    tag: "machines",
    permission: "machine:write",
    summary: "Forget a machine; its agent is refused from now on. Refused while an instance on it is in traffic",
    params: MachineParams,
    response: Empty,
  }),
  "joinTokens.list": route({
    method: "GET",
    path: "/api/v1/join-tokens",
    tag: "machines",
    permission: "machine:write",
    summary: "Join tokens without their secrets",
    response: Strict({ tokens: Type.Array(JoinToken) }),
  }),
  "joinTokens.create": route({
    method: "POST",
    path: "/api/v1/join-tokens",
    tag: "machines",
    permission: "machine:write",
    summary: "Make a single-use token; it carries the console's address and certificate fingerprint and is shown once",
    body: Strict({ validForMinutes: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_080, default: 60 })) }),
    response: Strict({
      token: JoinToken,
      secret: Type.String(),
      command: Type.String({ description: "line to paste on the machine" }),
    }),
    status: 201,
  }),
} as const;
