import type { RouteHandler, RouteHandlers } from "../http/route-handlers.js";
import type { PluginService } from "./plugin-service.js";
import type { TextKind, TextService } from "./text-service.js";
import type { VersionService } from "./version-service.js";
import type { VersionKey } from "./version-store.js";

export interface VersionRouteDeps {
  readonly versions: VersionService;
  readonly texts: TextService;
  readonly plugins: PluginService;
}

/** Versions of configs, interfaces and plug-ins. */
export function versionRoutes(deps: VersionRouteDeps): RouteHandlers {
  const config = textRoutes("config", deps);
  // The routes of both kinds have the same schemas, so their handlers are the same functions.
  const idl = textRoutes("idl", deps) as unknown as TextHandlers<"idls">;
  const { versions, plugins } = deps;
  return {
    "configs.list": config.list,
    "configs.get": config.get,
    "configs.create": config.create,
    "configs.check": config.check,
    "configs.sample": config.sample,
    "configs.delete": config.delete,
    "idls.list": idl.list,
    "idls.get": idl.get,
    "idls.create": idl.create,
    "idls.check": idl.check,
    "idls.sample": idl.sample,
    "idls.delete": idl.delete,
    "plugins.list": async ({ params }) => ({ versions: await versions.list("plugin", params) }),
    "plugins.upload": ({ actor, params, query, body }) =>
      plugins.upload(actor, { ...params, memo: query.memo ?? "", content: body }),
    "plugins.delete": async ({ actor, params }) => {
      await plugins.delete(actor, { kind: "plugin", ...params });
      return {};
    },
  };
}

/** The same six routes for each kind of text. */
function textRoutes(kind: TextKind, { versions, texts }: VersionRouteDeps) {
  const read = async (key: VersionKey) => ({ version: await versions.get(key), content: await versions.content(key) });
  return {
    list: async ({ params }) => ({ versions: await versions.list(kind, params) }),
    get: ({ params }) => read({ kind, ...params }),
    create: ({ actor, params, body }) => texts.create(actor, kind, { ...params, ...body }),
    check: async ({ params, body }) => ({ problems: await texts.check(kind, params, body.content) }),
    sample: async ({ params }) => ({ content: await texts.sample(kind, params) }),
    delete: async ({ actor, params }) => {
      await versions.delete(actor, { kind, ...params });
      return {};
    },
  } satisfies TextHandlers<"configs">;
}

type TextVerb = "list" | "get" | "create" | "check" | "sample" | "delete";
type TextHandlers<N extends "configs" | "idls"> = { [K in TextVerb]: RouteHandler<`${N}.${K}`> };
