import { type Permission, ROLE_PERMISSIONS, type RouteName } from "@msec/api-schema";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { ClientHeaderMissing, HostNotAllowed, LoginNeeded, OriginNotAllowed, PermissionDenied } from "./errors.js";
import { type HostRules, isHostAllowed, isSameOrigin } from "./origin-rules.js";
import type { Actor } from "./route-handlers.js";

export const SESSION_COOKIE = "msec_session";

/** Turns what a request carries into who sends it. */
export interface Authenticator {
  /** By the value of the session cookie; undefined when there is no such live session. */
  bySession(value: string): Promise<Actor | undefined>;
  /** By the secret of an API token. */
  byToken(secret: string): Promise<Actor | undefined>;
}

declare module "fastify" {
  interface FastifyContextConfig {
    /** Each route under /api has one, or the console does not start. */
    permission?: Permission | "public";
    routeName?: RouteName;
  }
  interface FastifyRequest {
    actor: Actor | undefined;
  }
}

/** Checks host, origin, identity and permission before the body is read. */
export function addAuthHook(app: FastifyInstance, rules: HostRules, authenticator: Authenticator): void {
  app.decorateRequest("actor", undefined);
  app.addHook("onRequest", async (request) => {
    checkOrigin(request, rules);
    const permission = request.routeOptions.config.permission;
    if (permission === undefined || permission === "public") return;
    const actor = await identify(request, authenticator);
    if (actor.kind === "user" && isChange(request) && request.headers["x-msec-client"] === undefined)
      throw new ClientHeaderMissing({});
    if (!ROLE_PERMISSIONS[actor.role].includes(permission))
      throw new PermissionDenied({ permission, role: actor.role });
    request.actor = actor;
  });
}

function checkOrigin(request: FastifyRequest, rules: HostRules): void {
  const { host, origin } = request.headers;
  if (!isHostAllowed(rules, host)) throw new HostNotAllowed({ host: host ?? "" });
  if (origin === undefined || !isChange(request)) return;
  if (!isSameOrigin(origin, host ?? "")) throw new OriginNotAllowed({ origin });
}

function isChange(request: FastifyRequest): boolean {
  return request.method !== "GET" && request.method !== "HEAD";
}

async function identify(request: FastifyRequest, authenticator: Authenticator): Promise<Actor> {
  const { authorization } = request.headers;
  if (authorization !== undefined) {
    const secret = /^Bearer ([\x21-\x7e]{1,256})$/i.exec(authorization)?.[1];
    const actor = secret === undefined ? undefined : await authenticator.byToken(secret);
    if (actor) return actor;
    throw new LoginNeeded({ problem: "the API token is not known or was revoked" });
  }
  const value = request.cookies[SESSION_COOKIE];
  if (value === undefined) throw new LoginNeeded({ problem: "sign in first" });
  const actor = await authenticator.bySession(value);
  if (actor) return actor;
  throw new LoginNeeded({ problem: "the session has ended; sign in again" });
}
