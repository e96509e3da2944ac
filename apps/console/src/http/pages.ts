import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import fastifyStatic from "@fastify/static";
import type { Logger } from "@msec/core";
import type { FastifyInstance, FastifyReply } from "fastify";
import { answerUnknownRoute } from "./error-handler.js";

const NOT_BUILT = `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>msec console</title>
<body><h1>msec console</h1>
<p>The console runs, its pages are not built. Build them with <code>npm run build</code> in the repository and restart,
or set <code>webDirectory</code>.</p>
<p>The HTTP API works without them: <a href="/api/openapi.json">/api/openapi.json</a>.</p></body></html>
`;

/** Folder of the built pages, or undefined. @param configured `webDirectory`; empty: that of `@msec/web` */
export function findWebDirectory(configured: string): string | undefined {
  const directory = configured === "" ? packagedPages() : configured;
  return directory !== undefined && existsSync(join(directory, "index.html")) ? directory : undefined;
}

function packagedPages(): string | undefined {
  try {
    return join(dirname(createRequire(import.meta.url).resolve("@msec/web/package.json")), "dist");
  } catch {
    return undefined;
  }
}

/** Serves the pages. Paths that are no file get index.html, since the pages route by themselves; unknown /api paths get an error. */
export async function addPages(app: FastifyInstance, directory: string | undefined, logger: Logger): Promise<void> {
  if (directory !== undefined) {
    await app.register(fastifyStatic, {
      root: directory,
      wildcard: false,
      cacheControl: false,
      setHeaders: (reply, path) => {
        // file names under assets/ carry a hash of their content
        const isHashed = path.startsWith(join(directory, "assets"));
        reply.header("cache-control", isHashed ? "public, max-age=31536000, immutable" : "no-cache");
      },
    });
  }
  app.setNotFoundHandler((request, reply) => {
    const [path = ""] = request.url.split("?");
    const isPage = request.method === "GET" && !path.startsWith("/api") && !/\.\w+$/.test(path);
    return isPage ? sendIndex(reply, directory) : answerUnknownRoute(request, reply, logger);
  });
}

function sendIndex(reply: FastifyReply, directory: string | undefined): FastifyReply {
  if (directory !== undefined) return reply.header("cache-control", "no-cache").sendFile("index.html");
  return reply.header("cache-control", "no-cache").type("text/html; charset=utf-8").send(NOT_BUILT);
}
