import type { Readable } from "node:stream";
import { MAX_PLUGIN_BYTES, PERMISSIONS, type RouteName, type RouteSpec, routes } from "@msec/api-schema";
import type { FastifyInstance, FastifyReply, FastifyRequest, FastifySchema } from "fastify";
import { SESSION_COOKIE } from "./auth-hook.js";
import { LoginNeeded, RoutesIncomplete } from "./errors.js";
import type { RouteCall, RouteHandlers } from "./route-handlers.js";

/** Largest JSON body; of public routes, which anybody may call, 4 KiB. */
export const JSON_LIMIT_BYTES = 1024 * 1024;
const PUBLIC_LIMIT_BYTES = 4096;

type AnyHandler = (call: unknown) => unknown;

export interface RouteOptions {
  /** True sends the cookie only over https. */
  readonly secureCookie: boolean;
}

/** Serves every route of the API. @throws {RoutesIncomplete} one has no handler or no permission */
export function registerRoutes(app: FastifyInstance, handlers: RouteHandlers, opts: RouteOptions): void {
  const specs = Object.entries(routes) as [RouteName, RouteSpec][];
  const missing = specs.map(([name]) => name).filter((name) => handlers[name] === undefined);
  const unprotected = specs.filter(([, spec]) => !isPermission(spec.permission)).map(([name]) => name);
  if (missing.length > 0 || unprotected.length > 0) throw new RoutesIncomplete({ missing, unprotected });
  for (const [name, spec] of specs) {
    const handler = handlers[name] as unknown as AnyHandler;
    app.route({
      method: spec.method,
      url: spec.path,
      config: { permission: spec.permission, routeName: name },
      schema: routeSchema(name, spec),
      bodyLimit: bodyLimit(spec),
      handler: async (request, reply) => {
        const answer = await handler(routeCall(request, reply, opts));
        reply.status(spec.status ?? 200);
        if (spec.response === "text") reply.type("text/plain; charset=utf-8");
        if (spec.response === "binary") reply.type("application/octet-stream");
        return answer;
      },
    });
  }
}

function isPermission(permission: string | undefined): boolean {
  return permission === "public" || (PERMISSIONS as readonly (string | undefined)[]).includes(permission);
}

function bodyLimit(spec: RouteSpec): number {
  if (spec.body === "binary") return MAX_PLUGIN_BYTES;
  return spec.permission === "public" ? PUBLIC_LIMIT_BYTES : JSON_LIMIT_BYTES;
}

function routeSchema(name: RouteName, spec: RouteSpec): FastifySchema {
  const schema: FastifySchema & Record<string, unknown> = {
    operationId: name,
    summary: spec.summary,
    tags: [spec.tag],
    ...(spec.params ? { params: spec.params } : {}),
    ...(spec.query ? { querystring: spec.query } : {}),
    ...(spec.body && spec.body !== "binary" ? { body: spec.body } : {}),
    ...(spec.permission === "public" ? { security: [] } : {}),
  };
  if (typeof spec.response !== "string") schema.response = { [String(spec.status ?? 200)]: spec.response };
  return schema;
}

function routeCall(request: FastifyRequest, reply: FastifyReply, opts: RouteOptions): RouteCall {
  const call = {
    params: request.params ?? {},
    query: request.query ?? {},
    body: (request.body ?? {}) as Readable,
    get actor() {
      if (!request.actor) throw new LoginNeeded({ problem: "sign in first" });
      return request.actor;
    },
    address: request.ip,
    requestId: request.id,
    signal: request.signal,
    setSession: (session: Parameters<RouteCall["setSession"]>[0]) => {
      const flags = { path: "/", httpOnly: true, sameSite: "strict", secure: opts.secureCookie } as const;
      if (session) reply.setCookie(SESSION_COOKIE, session.value, { ...flags, maxAge: session.maxAgeSec });
      else reply.clearCookie(SESSION_COOKIE, flags);
    },
  };
  return call as unknown as RouteCall;
}
