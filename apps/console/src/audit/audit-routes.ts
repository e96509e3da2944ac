import type { RouteHandlers } from "../http/route-handlers.js";
import type { AuditService } from "./audit-service.js";

export function auditRoutes({ audit }: { readonly audit: AuditService }): RouteHandlers {
  return {
    "audit.list": ({ query }) => audit.list({ limit: query.limit ?? 100, before: query.before, target: query.target }),
  };
}
