import { type Static, Type } from "typebox";
import { FullName } from "./names.js";
import { AtMs, route, Strict } from "./route.js";

/** A change of names that looks like an accident and is held back until somebody confirms it. */
export const HeldName = Strict({
  service: FullName,
  revision: Type.Integer({ description: "of the change; confirm with it" }),
  published: Type.Integer({ description: "instances that machines know and go on using" }),
  wanted: Type.Integer({ description: "instances after the change" }),
  isRemoval: Type.Boolean({ description: "the name itself goes" }),
  why: Type.String(),
  sinceMs: AtMs("held back"),
});
export type HeldName = Static<typeof HeldName>;

/** A machine that does not take the whole list, since it would lose most of what it has. */
export const NameRefusal = Strict({
  machineId: Type.String(),
  machineName: Type.String(),
  why: Type.String(),
  sinceMs: AtMs("refused"),
});
export type NameRefusal = Static<typeof NameRefusal>;

const Services = (minItems: number) => Type.Array(FullName, { minItems, maxItems: 1_000 });

export const namingRoutes = {
  "naming.held": route({
    method: "GET",
    path: "/api/v1/naming/held",
    tag: "naming",
    permission: "service:read",
    summary: "Changes of names that are held back, and machines that refuse the list, until somebody confirms",
    response: Strict({ held: Type.Array(HeldName), refusals: Type.Array(NameRefusal) }),
  }),
  "naming.confirm": route({
    method: "POST",
    path: "/api/v1/naming/confirm",
    tag: "naming",
    permission: "capacity:write",
    summary: "Publish held changes; with `machines`, have the machines that refuse the list take it",
    body: Strict({
      services: Services(0),
      revisions: Type.Optional(
        Type.Array(Type.Integer(), {
          maxItems: 1_000,
          description: "of the changes as they were seen, in the same order",
        }),
      ),
      machines: Type.Optional(Type.Boolean({ default: false })),
    }),
    response: Strict({
      confirmed: Type.Array(FullName),
      machines: Type.Integer({ description: "machines that are sent the list again" }),
    }),
  }),
  "naming.discard": route({
    method: "POST",
    path: "/api/v1/naming/discard",
    tag: "naming",
    permission: "capacity:write",
    summary: "Throw held changes away: the store gets back what machines know",
    body: Strict({ services: Services(1) }),
    response: Strict({ discarded: Type.Array(FullName) }),
  }),
} as const;
