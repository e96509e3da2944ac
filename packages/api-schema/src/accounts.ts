import { type Static, Type } from "typebox";
import { Name } from "./names.js";
import { AtMs, Empty, OneOf, ROLES, route, Strict } from "./route.js";

export const Password = Type.String({ minLength: 8, maxLength: 128, description: "8 to 128 characters" });

export const User = Strict({ name: Name("login name"), role: OneOf(ROLES), createdAtMs: AtMs("created") });
export type User = Static<typeof User>;

export const Session = Strict({
  user: User,
  permissions: Type.Array(Type.String()),
  expiresAtMs: AtMs("end of the session; 0 for an API token"),
});
export type Session = Static<typeof Session>;

export const ApiToken = Strict({
  tokenId: Type.String(),
  name: Name("token name"),
  role: OneOf(ROLES),
  createdBy: Type.String(),
  createdAtMs: AtMs("created"),
  lastUsedAtMs: Type.Union([AtMs("last used"), Type.Null()]),
});
export type ApiToken = Static<typeof ApiToken>;

export const accountRoutes = {
  "setup.get": route({
    method: "GET",
    path: "/api/v1/setup",
    tag: "accounts",
    permission: "public",
    summary: "Whether the first account is still missing",
    response: Strict({ needed: Type.Boolean() }),
  }),
  "setup.create": route({
    method: "POST",
    path: "/api/v1/setup",
    tag: "accounts",
    permission: "public",
    summary: "Create the first account with the one-time token of the set-up link; also signs in (cookie)",
    body: Strict({ setupToken: Type.String({ maxLength: 128 }), name: Name("login name"), password: Password }),
    response: Session,
    status: 201,
  }),
  "sessions.create": route({
    method: "POST",
    path: "/api/v1/sessions",
    tag: "accounts",
    permission: "public",
    summary: "Sign in; sets an HttpOnly cookie",
    body: Strict({ name: Type.String({ maxLength: 64 }), password: Type.String({ maxLength: 128 }) }),
    response: Session,
    status: 201,
  }),
  "sessions.current": route({
    method: "GET",
    path: "/api/v1/sessions/current",
    tag: "accounts",
    permission: "self",
    summary: "Who am I and what may I do",
    response: Session,
  }),
  "sessions.delete": route({
    method: "DELETE",
    path: "/api/v1/sessions/current",
    tag: "accounts",
    permission: "self",
    summary: "Sign out; the session is gone on the server too",
    response: Empty,
  }),
  "users.list": route({
    method: "GET",
    path: "/api/v1/users",
    tag: "accounts",
    permission: "user:admin",
    summary: "All users",
    response: Strict({ users: Type.Array(User) }),
  }),
  "users.create": route({
    method: "POST",
    path: "/api/v1/users",
    tag: "accounts",
    permission: "user:admin",
    summary: "Add a user",
    body: Strict({ name: Name("login name"), password: Password, role: OneOf(ROLES) }),
    response: User,
    status: 201,
  }),
  "users.delete": route({
    method: "DELETE",
    path: "/api/v1/users/:name",
    tag: "accounts",
    permission: "user:admin",
    summary: "Remove a user and end his sessions; the last administrator stays",
    params: Strict({ name: Name("login name") }),
    response: Empty,
  }),
  "users.password": route({
    method: "PUT",
    path: "/api/v1/users/current/password",
    tag: "accounts",
    permission: "self",
    summary: "Change one's own password; other sessions end",
    body: Strict({ current: Type.String({ maxLength: 128 }), next: Password }),
    response: Empty,
  }),
  "apiTokens.list": route({
    method: "GET",
    path: "/api/v1/api-tokens",
    tag: "accounts",
    permission: "user:admin",
    summary: "Tokens of scripts and of the command line, without their secrets",
    response: Strict({ tokens: Type.Array(ApiToken) }),
  }),
  "apiTokens.create": route({
    method: "POST",
    path: "/api/v1/api-tokens",
    tag: "accounts",
    permission: "user:admin",
    summary: "Make a token; the secret is shown once. Sent as `Authorization: Bearer …`",
    body: Strict({ name: Name("token name"), role: OneOf(ROLES) }),
    response: Strict({ token: ApiToken, secret: Type.String() }),
    status: 201,
  }),
  "apiTokens.delete": route({
    method: "DELETE",
    path: "/api/v1/api-tokens/:tokenId",
    tag: "accounts",
    permission: "user:admin",
    summary: "Revoke a token at once",
    params: Strict({ tokenId: Type.String({ maxLength: 64 }) }),
    response: Empty,
  }),
} as const;
