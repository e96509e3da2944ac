import type { FastifyInstance } from "fastify";

/** No inline scripts, nothing from elsewhere, no framing. Inline styles are allowed: the pages' component library needs them. */
const POLICY = [
  "default-src 'self'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join("; ");

/** @param opts.https true also tells browsers to stay on https */
export function addSecurityHeaders(app: FastifyInstance, opts: { readonly https: boolean }): void {
  app.addHook("onRequest", async (request, reply) => {
    reply.headers({
      "content-security-policy": POLICY,
      "x-content-type-options": "nosniff",
      "x-frame-options": "DENY",
      "referrer-policy": "no-referrer",
      "cross-origin-opener-policy": "same-origin",
      "cross-origin-resource-policy": "same-origin",
      "x-request-id": request.id,
    });
    if (opts.https) reply.header("strict-transport-security", "max-age=31536000");
    if (request.url.startsWith("/api/")) reply.header("cache-control", "no-store");
  });
}
