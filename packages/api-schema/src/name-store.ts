/** Where names are kept, and what ways they go in and out in bulk. */
import { type Static, Type } from "typebox";
import { FullName } from "./names.js";
import { AtMs, OneOf, route, Strict } from "./route.js";
import { Tuning } from "./service-settings.js";

/** A difference between this console and ZooKeeper that waits for a decision. */
export const StoreDifference = Strict({
  service: FullName,
  why: OneOf(["gone", "emptied", "only here", "differs", "only there", "unreadable", "refused"]),
  text: Type.String(),
  ours: Type.Integer({ description: "instances here" }),
  theirs: Type.Integer({ description: "instances in ZooKeeper" }),
});
export type StoreDifference = Static<typeof StoreDifference>;

export const OldMachine = Strict({
  address: Type.String(),
  cpuPercent: Type.Union([Type.Integer(), Type.Null()], { description: "null: it has not reported" }),
  reportedAtMs: AtMs("load was measured; 0 = never"),
});

export const NameStoreStatus = Strict({
  kind: OneOf(["embedded", "zookeeper"]),
  /** Of a ZooKeeper: `zk://host:port/path`. */
  target: Type.String(),
  isConnected: Type.Boolean(),
  problem: Type.String({ description: "why it is not connected" }),
  pending: Type.Integer({ description: "names that are still to be compared" }),
  syncedAtMs: AtMs("both were the same, but for what is listed here; 0 = never"),
  distrust: Type.Boolean({
    description: "ZooKeeper went back in time: nothing is taken over until the differences are decided",
  }),
  differences: Type.Array(StoreDifference),
  failed: Type.Array(Strict({ service: FullName, problem: Type.String() })),
  oldMachines: Type.Array(OldMachine, { description: "machines with an agent of the archived kind" }),
});
export type NameStoreStatus = Static<typeof NameStoreStatus>;

const Label = Type.Optional(Type.String({ maxLength: 32 }));
/** A name as it is copied from one store to another. */
export const NameRecord = Strict({
  service: FullName,
  policy: Type.String({ maxLength: 32 }),
  check: Type.Optional(OneOf(["none", "tcp"])),
  locality: Type.Optional(OneOf(["none", "zone", "rack"])),
  partition: Type.Optional(Type.Boolean()),
  tuning: Type.Optional(Tuning),
  instances: Type.Array(
    Strict({
      host: Type.String({ maxLength: 45 }),
      port: Type.Integer({ minimum: 1, maximum: 65_535 }),
      transport: OneOf(["tcp", "udp", "all"]),
      weight: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000 })),
      zone: Label,
      rack: Label,
      set: Label,
    }),
    { maxItems: 10_000 },
  ),
});
export type NameRecord = Static<typeof NameRecord>;

export const NameImportStep = Strict({
  service: FullName,
  action: OneOf(["add", "change", "same", "refused"]),
  text: Type.String(),
});
export type NameImportStep = Static<typeof NameImportStep>;

export const nameStoreRoutes = {
  "naming.store": route({
    method: "GET",
    path: "/api/v1/naming/store",
    tag: "naming",
    permission: "service:read",
    summary: "Where names are kept, and how a ZooKeeper and this console differ",
    response: NameStoreStatus,
  }),
  "naming.resolve": route({
    method: "POST",
    path: "/api/v1/naming/store/resolve",
    tag: "naming",
    permission: "capacity:write",
    summary: "Decide on differences with ZooKeeper: write ours there, or take theirs, removals too",
    body: Strict({
      services: Type.Array(FullName, { maxItems: 10_000, description: "none = all that wait" }),
      keep: OneOf(["ours", "theirs"]),
    }),
    response: Strict({ resolved: Type.Array(FullName), differences: Type.Array(StoreDifference) }),
  }),
  "naming.export": route({
    method: "GET",
    path: "/api/v1/naming/export",
    tag: "naming",
    permission: "service:read",
    summary: "All names, to be copied to another store",
    response: Strict({ services: Type.Array(NameRecord) }),
  }),
  "naming.import": route({
    method: "POST",
    path: "/api/v1/naming/import",
    tag: "naming",
    permission: "capacity:write",
    summary: "Take names over: services and instances that are missing are made, those that are not listed stay",
    body: Strict({ services: Type.Array(NameRecord, { maxItems: 1_000 }), dryRun: Type.Boolean() }),
    response: Strict({ steps: Type.Array(NameImportStep) }),
  }),
} as const;
