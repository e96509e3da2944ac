import { randomUUID } from "node:crypto";
import cookie from "@fastify/cookie";
import type { Logger } from "@msec/core";
import { type FastifyInstance, fastify } from "fastify";
import { type Authenticator, addAuthHook } from "./auth-hook.js";
import { addErrorHandler } from "./error-handler.js";
import { RoutesIncomplete } from "./errors.js";
import { addOpenapi } from "./openapi.js";
import type { HostRules } from "./origin-rules.js";
import { addPages } from "./pages.js";
import { registerRoutes } from "./register-routes.js";
import type { RouteHandlers } from "./route-handlers.js";
import { addSecurityHeaders } from "./security-headers.js";
import { createCompiler } from "./validation.js";

export interface AppOptions {
  readonly version: string;
  readonly hosts: HostRules;
  readonly authenticator: Authenticator;
  readonly handlers: RouteHandlers;
  readonly webDirectory: string | undefined;
  /** The console is reached over https (a proxy ends TLS). */
  readonly https: boolean;
  /** Believe `X-Forwarded-For`. */
  readonly trustProxy: boolean;
  readonly logger: Logger;
}

/** Builds the HTTP side; `listen()` is the caller's. @throws {RoutesIncomplete} */
export async function createApp(opts: AppOptions): Promise<FastifyInstance> {
  const app = fastify({
    logger: false,
    trustProxy: opts.trustProxy,
    exposeHeadRoutes: false,
    genReqId: () => randomUUID(),
    requestTimeout: 900_000,
    forceCloseConnections: "idle",
    routerOptions: { maxParamLength: 256 },
  });
  const compile = createCompiler();
  app.setValidatorCompiler(({ schema, httpPart }) => compile(schema as object, httpPart));
  refuseUnprotected(app);
  addErrorHandler(app, opts.logger);
  addSecurityHeaders(app, { https: opts.https });
  await app.register(cookie);
  addAuthHook(app, opts.hosts, opts.authenticator);
  addBodyParsers(app);
  await addOpenapi(app, opts.version);
  registerRoutes(app, opts.handlers, { secureCookie: opts.https });
  await addPages(app, opts.webDirectory, opts.logger);
  return app;
}

/** Requests that still run at a stop are waited for so long; then their connections are cut. */
const CLOSE_GRACE_MS = 3_000;

/** Stops listening, ends idle connections, and waits for running requests up to a limit. */
export async function closeApp(app: FastifyInstance): Promise<void> {
  const timer = setTimeout(() => app.server.closeAllConnections(), CLOSE_GRACE_MS);
  try {
    await app.close();
  } finally {
    clearTimeout(timer);
  }
}

/** JSON is parsed by Fastify; raw content stays a stream that the handler reads. Other types are refused. */
function addBodyParsers(app: FastifyInstance): void {
  app.removeContentTypeParser("text/plain");
  app.addContentTypeParser("application/octet-stream", (_request, payload, done) => done(null, payload));
}

/** Deny by default: a path under /api must say what it needs. */
function refuseUnprotected(app: FastifyInstance): void {
  app.addHook("onRoute", (route) => {
    if (route.url.startsWith("/api") && route.config?.permission === undefined)
      throw new RoutesIncomplete({ missing: [], unprotected: [route.url] });
  });
}
