import { appendAudit } from "../audit/audit-chain.js";
import type { ConsoleContext } from "../context.js";
import { actorName, type RouteHandlers } from "../http/route-handlers.js";
import type { TlsService } from "./tls-service.js";

export interface TlsRouteDeps extends Pick<ConsoleContext, "database" | "clock"> {
  readonly tls: TlsService;
}

export function tlsRoutes({ tls, database, clock }: TlsRouteDeps): RouteHandlers {
  return {
    "tls.get": () => tls.status(),
    "tls.rotate": async ({ actor }) => {
      const status = await tls.rotate();
      const [text, action] = ["began to replace the authority of services", "tls.rotate"];
      await database.transact((stores) =>
        appendAudit(stores.audit, { atMs: clock.nowMs(), actor: actorName(actor), action, target: "tls", text }),
      );
      return status;
    },
  };
}
