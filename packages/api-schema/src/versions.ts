import { type Static, Type } from "typebox";
import { Memo, Name, ServiceParams, TagParams } from "./names.js";
import { AtMs, Empty, OneOf, route, Strict } from "./route.js";

/** A version of a text (config or IDL) or of a plug-in. Versions never change; a change is a new tag. */
export const Version = Strict({
  tag: Name("version tag"),
  memo: Memo,
  author: Type.String(),
  createdAtMs: AtMs("created"),
  sizeBytes: Type.Integer(),
  sha256: Type.String(),
  usedBy: Type.Array(Type.String(), { description: "ids of releases that use it" }),
});
export type Version = Static<typeof Version>;

export const TextProblem = Strict({
  line: Type.Integer(),
  column: Type.Integer(),
  rule: Type.String(),
  message: Type.String(),
  severity: OneOf(["error", "warning"]),
});
export type TextProblem = Static<typeof TextProblem>;

export const MAX_TEXT_BYTES = 256 * 1024;
export const MAX_PLUGIN_BYTES = 200 * 1024 * 1024;

const Text = Type.String({ maxLength: MAX_TEXT_BYTES });
const NewText = Strict({ tag: Name("version tag"), memo: Type.Optional(Memo), content: Text });
const Versions = Strict({ versions: Type.Array(Version) });
const Checked = Strict({ problems: Type.Array(TextProblem) });

const textRoutes = <const K extends "configs" | "idls", const L extends string>(kind: K, label: L) =>
  ({
    list: route({
      method: "GET",
      path: `/api/v1/services/:first/:second/${kind}`,
      tag: "versions",
      permission: "service:read",
      summary: `${label} versions, newest first`,
      params: ServiceParams,
      response: Versions,
    }),
    get: route({
      method: "GET",
      path: `/api/v1/services/:first/:second/${kind}/:tag`,
      tag: "versions",
      permission: "service:read",
      summary: `One ${label} version with its text`,
      params: TagParams,
      response: Strict({ version: Version, content: Type.String() }),
    }),
    create: route({
      method: "POST",
      path: `/api/v1/services/:first/:second/${kind}`,
      tag: "versions",
      permission: "service:write",
      summary: `Save a ${label} as a new version; an existing tag is refused and stays as it is`,
      params: ServiceParams,
      body: NewText,
      response: Version,
      status: 201,
    }),
    check: route({
      method: "POST",
      path: `/api/v1/services/:first/:second/${kind}/check`,
      tag: "versions",
      permission: "service:read",
      summary: `Check a ${label} text without saving it`,
      params: ServiceParams,
      body: Strict({ content: Text }),
      response: Checked,
    }),
    sample: route({
      method: "GET",
      path: `/api/v1/services/:first/:second/${kind}-sample`,
      tag: "versions",
      permission: "service:read",
      summary: `A sample ${label} for this service`,
      params: ServiceParams,
      response: Strict({ content: Type.String() }),
    }),
    delete: route({
      method: "DELETE",
      path: `/api/v1/services/:first/:second/${kind}/:tag`,
      tag: "versions",
      permission: "service:write",
      summary: `Remove a ${label} version that no release uses`,
      params: TagParams,
      response: Empty,
    }),
  }) as const;

const configs = textRoutes("configs", "config");
const idls = textRoutes("idls", "interface");

export const versionRoutes = {
  "configs.list": configs.list,
  "configs.get": configs.get,
  "configs.create": configs.create,
  "configs.check": configs.check,
  "configs.sample": configs.sample,
  "configs.delete": configs.delete,
  "idls.list": idls.list,
  "idls.get": idls.get,
  "idls.create": idls.create,
  "idls.check": idls.check,
  "idls.sample": idls.sample,
  "idls.delete": idls.delete,
  "plugins.list": route({
    method: "GET",
    path: "/api/v1/services/:first/:second/plugins",
    tag: "versions",
    permission: "service:read",
    summary: "Plug-in versions, newest first",
    params: ServiceParams,
    response: Versions,
  }),
  "plugins.upload": route({
    method: "PUT",
    path: "/api/v1/services/:first/:second/plugins/:tag",
    tag: "versions",
    permission: "service:write",
    summary:
      "Upload a plug-in archive (.tgz made by `msec build`) as a new version; the content is checked before it is kept",
    params: TagParams,
    query: Strict({ memo: Type.Optional(Memo) }),
    body: "binary",
    response: Version,
    status: 201,
  }),
  "plugins.delete": route({
    method: "DELETE",
    path: "/api/v1/services/:first/:second/plugins/:tag",
    tag: "versions",
    permission: "service:write",
    summary: "Remove a plug-in version that no release uses",
    params: TagParams,
    response: Empty,
  }),
} as const;
