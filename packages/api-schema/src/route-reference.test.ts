import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { ROLE_PERMISSIONS, ROLES, type RouteSpec } from "./route.js";
import { routes } from "./routes.js";

const PAGE = fileURLToPath(new URL("../../../docs/reference/http-api.md", import.meta.url));
const specs: readonly RouteSpec[] = Object.values(routes);

/** The least role that may use a route. */
function roleOf({ permission }: RouteSpec): string {
  if (permission === "public") return "no account";
  return ROLES.toReversed().find((role) => ROLE_PERMISSIONS[role].includes(permission)) ?? "nobody";
}

function tableOf(tag: string): string {
  const rows = specs
    .filter((spec) => spec.tag === tag)
    .map((spec) => `| \`${spec.method} ${spec.path}\` | ${spec.summary} | \`${spec.permission}\` | ${roleOf(spec)} |`);
  return [`### ${tag}`, "", "| Route | | Permission | From role |", "| --- | --- | --- | --- |", ...rows].join("\n");
}

it("the reference lists every route (write it with -u)", async () => {
  const tables = [...new Set(specs.map(({ tag }) => tag))].map(tableOf).join("\n\n");
  const page = readFileSync(PAGE, "utf8").replace(
    /(<!-- routes -->\n)[\s\S]*?(\n<!-- end -->)/,
    (_all, begin: string, end: string) => `${begin}\n${tables}\n${end}`,
  );
  for (const { method, path } of specs) expect(page).toContain(`\`${method} ${path}\``);
  await expect(page).toMatchFileSnapshot(PAGE);
});
