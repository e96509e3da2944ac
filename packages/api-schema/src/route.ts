import { type Static, type TSchema, Type } from "typebox";

/** What a caller must be allowed to do. Roles grant permissions; a route without one (and not public) does not start. */
export const PERMISSIONS = [
  "self",
  "service:read",
  "service:write",
  "release:write",
  "capacity:write",
  "machine:read",
  "machine:write",
  "metric:read",
  "log:read",
  "user:admin",
  "audit:read",
] as const;
export type Permission = (typeof PERMISSIONS)[number];

export const ROLES = ["admin", "operator", "viewer"] as const;
export type Role = (typeof ROLES)[number];

const viewer: readonly Permission[] = ["self", "service:read", "machine:read", "metric:read", "log:read"];
const operator: readonly Permission[] = [...viewer, "service:write", "release:write", "capacity:write"];
/** Permissions of each role. */
export const ROLE_PERMISSIONS: Readonly<Record<Role, readonly Permission[]>> = {
  viewer,
  operator,
  admin: PERMISSIONS,
};

export interface RouteSpec {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** Fastify path, e.g. `/api/v1/machines/:machineId`. */
  readonly path: string;
  readonly summary: string;
  readonly tag: string;
  /** `public` needs no account. */
  readonly permission: Permission | "public";
  readonly params?: TSchema;
  readonly query?: TSchema;
  /** `binary` = the request body is the raw content of a file. */
  readonly body?: TSchema | "binary";
  /** `text` = text/plain, `binary` = a download. */
  readonly response: TSchema | "text" | "binary";
  /** Status of success; default 200. */
  readonly status?: 201 | 202 | 204;
}

/** Keeps the literal types of a route. */
export function route<const R extends RouteSpec>(spec: R): R {
  return spec;
}

type Of<R, K extends string> = R extends Record<K, infer S> ? (S extends TSchema ? Static<S> : never) : undefined;

/** What a caller passes: only the parts that the route declares. */
export type RouteInput<R extends RouteSpec> = (R extends { params: TSchema } ? { params: Of<R, "params"> } : unknown) &
  (R extends { query: TSchema } ? { query?: Of<R, "query"> } : unknown) &
  (R extends { body: "binary" }
    ? { body: Uint8Array | Blob }
    : R extends { body: TSchema }
      ? { body: Of<R, "body"> }
      : unknown);

/** What a caller gets. */
export type RouteOutput<R extends RouteSpec> = R["response"] extends "text"
  ? string
  : R["response"] extends "binary"
    ? Uint8Array
    : R["response"] extends TSchema
      ? Static<R["response"]>
      : never;

/** An object that allows no other keys. */
export const Strict = <P extends Record<string, TSchema>>(properties: P) =>
  Type.Object(properties, { additionalProperties: false });

/** Closed set of strings with a precise static type. */
export const OneOf = <const V extends readonly string[]>(values: V) =>
  Type.Unsafe<V[number]>({ type: "string", enum: [...values] });

export const AtMs = (description: string) => Type.Integer({ minimum: 0, description: `${description}; epoch ms` });

/** The body of every failed answer. */
export const ErrorReply = Strict({
  code: Type.String({ description: "closed set, docs/reference/errors.md" }),
  reason: Type.String({ description: "open, unique cause" }),
  message: Type.String(),
  details: Type.Record(Type.String(), Type.Unknown()),
  requestId: Type.String({ description: "also in the console's log line" }),
});
export type ErrorReply = Static<typeof ErrorReply>;

export const Empty = Strict({});
