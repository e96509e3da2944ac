import type { ConsoleContext } from "../context.js";
import type { Feature } from "../feature.js";
import { auditRoutes } from "./audit-routes.js";
import { AuditService } from "./audit-service.js";

export function auditFeature(context: ConsoleContext): Feature {
  return { name: "audit", routes: auditRoutes({ audit: new AuditService(context) }) };
}
