import type { Release } from "@msec/api-schema";
import { formatServiceName } from "@msec/core";
import { appendAudit } from "../audit/audit-chain.js";
import type { ConsoleContext } from "../context.js";
import { type Actor, actorName, type RouteHandlers } from "../http/route-handlers.js";
import type { ReleaseService } from "./release-service.js";

export interface ReleaseRouteDeps extends Pick<ConsoleContext, "database" | "clock"> {
  readonly releases: ReleaseService;
}

export function releaseRoutes({ releases, database, clock }: ReleaseRouteDeps): RouteHandlers {
  const audit = (actor: Actor, action: string, release: Release, text: string) =>
    database.transact((stores) =>
      appendAudit(stores.audit, {
        atMs: clock.nowMs(),
        actor: actorName(actor),
        action: `release.${action}`,
        target: release.service,
        text,
      }),
    );
  const start = async (actor: Actor, releaseId: string) => {
    const release = await releases.start(releaseId);
    const where = release.targets.map((target) => target.address).join(", ");
    await audit(actor, "start", release, `started ${releaseId} on ${where}`);
    return release;
  };
  return {
    "releases.list": async ({ query }) => {
      const { service, status, limit = 50 } = query;
      return { releases: [...(await releases.list({ service, status, limit }))] };
    },
    "releases.get": ({ params }) => releases.get(params.releaseId),
    "releases.create": async ({ params, body, actor }) => {
      const { configTag, pluginTag, idlTag = null, addresses, memo = "" } = body;
      const author = actorName(actor);
      const release = await releases.create({ name: params, configTag, pluginTag, idlTag, addresses, memo, author });
      const text = `planned ${release.releaseId} of ${formatServiceName(params)}: plug-in ${pluginTag}, config ${configTag}`;
      await audit(actor, "create", release, text);
      return body.start === true ? start(actor, release.releaseId) : release;
    },
    "releases.start": ({ params, actor }) => start(actor, params.releaseId),
    "releases.rollback": async ({ params, actor }) => {
      const release = await releases.rollBack(params.releaseId, actorName(actor));
      await audit(actor, "rollback", release, `rolls ${release.releaseId} back`);
      return release;
    },
    "releases.delete": async ({ params, actor }) => {
      const release = await releases.get(params.releaseId);
      await releases.remove(params.releaseId);
      await audit(actor, "delete", release, `removed the plan ${params.releaseId}`);
      return {};
    },
  };
}
