import type { TSchema } from "typebox";
import { describe, expect, it } from "vitest";
import { PERMISSIONS, ROLE_PERMISSIONS, ROLES, type RouteSpec } from "./route.js";
import { routes } from "./routes.js";

const specs = Object.entries(routes) as [string, RouteSpec][];

describe("the API", () => {
  it("has one route per method and path", () => {
    const keys = specs.map(([, spec]) => `${spec.method} ${spec.path.replace(/:\w+/g, ":")}`);
    expect(new Set(keys).size).toBe(keys.length);
    expect(keys.length).toBeGreaterThan(40);
  });

  it("needs no account only where none can be had yet", () => {
    const open = specs.flatMap(([name, spec]) => (spec.permission === "public" ? [name] : []));
    expect(open.toSorted()).toMatchInlineSnapshot(`
      [
        "health.get",
        "sessions.create",
        "setup.create",
        "setup.get",
      ]
    `);
  });

  it("changes things only with a permission to write, or to oneself; checks of texts change nothing", () => {
    const reading = specs.flatMap(([name, spec]) =>
      spec.method !== "GET" && spec.permission.endsWith(":read") ? [name] : [],
    );
    expect(reading).toMatchInlineSnapshot(`
      [
        "configs.check",
        "idls.check",
      ]
    `);
  });
});

describe.each(specs)("%s", (name, spec) => {
  it("declares what every route must", () => {
    expect(name).toMatch(/^[a-z][A-Za-z]*\.[a-z][A-Za-z]*$/);
    expect(["public", ...PERMISSIONS]).toContain(spec.permission);
    expect(spec.path).toMatch(/^\/api\/v1(\/(:?[A-Za-z0-9-]+))+$/);
    expect(spec.summary.length).toBeGreaterThan(5);
    expect(spec.summary).not.toMatch(/\.$/);
    expect(spec.tag).toMatch(/^[a-z-]+$/);
    expect(spec.response, "an object schema, text or binary").toBeTruthy();
    expect(isStrict(spec.response)).toBe(true);
  });

  it("names its path's parameters in a schema, and refuses unknown keys", () => {
    const inPath = [...spec.path.matchAll(/:(\w+)/g)].map((match) => match[1]);
    expect(Object.keys(propertiesOf(spec.params)).toSorted()).toEqual(inPath.toSorted());
    expect(isStrict(spec.params) && isStrict(spec.query) && isStrict(spec.body)).toBe(true);
  });

  it("has a body only where HTTP means one", () => {
    expect(spec.method === "GET" && spec.body !== undefined).toBe(false);
    expect(spec.method === "DELETE" && spec.body !== undefined).toBe(false);
  });
});

describe("roles", () => {
  it("grow: a viewer reads, an operator also changes services, an admin may do all", () => {
    expect(ROLES.toSorted()).toEqual(Object.keys(ROLE_PERMISSIONS).toSorted());
    expect(ROLE_PERMISSIONS.viewer.filter((permission) => /:(write|admin)$/.test(permission))).toEqual([]);
    expect(ROLE_PERMISSIONS.operator).toEqual(expect.arrayContaining([...ROLE_PERMISSIONS.viewer]));
    expect(ROLE_PERMISSIONS.operator).not.toContain("user:admin");
    expect(ROLE_PERMISSIONS.operator).not.toContain("machine:write");
    expect(ROLE_PERMISSIONS.admin).toEqual(PERMISSIONS);
  });
});

function propertiesOf(schema: TSchema | undefined): object {
  return (schema as { properties?: object } | undefined)?.properties ?? {};
}

/** Objects on top must be closed; what is no object (a list, a text) is. */
function isStrict(schema: TSchema | string | undefined): boolean {
  if (schema === undefined || typeof schema === "string") return true;
  const { type, additionalProperties } = schema as { type?: string; additionalProperties?: unknown };
  return type !== "object" || additionalProperties === false;
}
