import swagger from "@fastify/swagger";
import { ErrorReply, type RouteSpec, routes } from "@msec/api-schema";
import type { FastifyInstance } from "fastify";

/** GET /api/openapi.json, built from the schemas that requests are checked with. Register it before the routes. */
export async function addOpenapi(app: FastifyInstance, version: string): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: { title: "msec console", version, description: "Pages, command line and scripts use this API." },
      components: {
        securitySchemes: {
          session: { type: "apiKey", in: "cookie", name: "msec_session" },
          token: { type: "http", scheme: "bearer" },
        },
      },
      security: [{ session: [] }, { token: [] }],
    },
    transform: ({ schema, url, route }) => {
      const name = route.config?.routeName;
      if (name === undefined) return { schema: { ...schema, hide: true }, url };
      return { schema: documented(schema, routes[name]), url };
    },
  });
  app.get("/api/openapi.json", { config: { permission: "public" } }, async () => app.swagger());
}

/** Adds what is not checked by a schema: raw bodies, raw answers and the body of failures. */
function documented(schema: object, spec: RouteSpec): object {
  const declared = (schema as { response?: object }).response ?? {
    [String(spec.status ?? 200)]: { type: "string", ...(spec.response === "binary" ? { format: "binary" } : {}) },
  };
  const raw = { body: { type: "string", format: "binary" }, consumes: ["application/octet-stream"] };
  return {
    ...schema,
    ...(spec.body === "binary" ? raw : {}),
    description: `Permission: \`${spec.permission}\`.`,
    response: { ...declared, default: { ...ErrorReply, description: "failure" } },
  };
}
