import { type Static, Type } from "typebox";
import { Memo, Name, Port, ServiceParams } from "./names.js";
import { AtMs, Empty, OneOf, route, Strict } from "./route.js";
import { ServiceSettings } from "./service-settings.js";

/** `standard` = built with the framework and managed here; `external` = foreign, only registered. */
export const ServiceKind = OneOf(["standard", "external"]);
/** Health of a service in one word; colours and texts follow it. */
export const Health = OneOf(["well", "degraded", "failing", "unknown"]);
export type Health = Static<typeof Health>;

export const Group = Strict({ name: Name("first level"), kind: ServiceKind, createdAtMs: AtMs("created") });
export type Group = Static<typeof Group>;

export const ServiceSummary = Strict({
  first: Name("first level"),
  second: Name("second level"),
  kind: ServiceKind,
  language: Type.String({ description: "of standard services; empty for external ones" }),
  port: Type.Integer({ description: "listening port of standard services; 0 for external ones" }),
  memo: Memo,
  settings: ServiceSettings,
  createdAtMs: AtMs("created"),
  health: Health,
  healthText: Type.String({ description: "why, in words" }),
  instanceCount: Type.Integer(),
  enabledCount: Type.Integer({ description: "instances in traffic" }),
});
export type ServiceSummary = Static<typeof ServiceSummary>;

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
  "services.update": route({
    method: "PUT",
    path: "/api/v1/services/:first/:second",
    tag: "services",
    permission: "capacity:write",
    summary: "Change the note and how machines choose among the instances. What is missing stays; `tuning` is replaced",
    params: ServiceParams,
    body: Strict({
      memo: Type.Optional(Memo),
      ...Type.Partial(ServiceSettings).properties,
    }),
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
} as const;
