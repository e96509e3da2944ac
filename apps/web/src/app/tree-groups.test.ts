import type { Group, ServiceSummary } from "@msec/api-schema";
import { expect, it } from "vitest";
import { buildTree } from "./tree-groups.js";

const group = (name: string, kind: Group["kind"]): Group => ({ name, kind, createdAtMs: 1 });
const service = (first: string, second: string, kind: Group["kind"] = "standard"): ServiceSummary => ({
  first,
  second,
  kind,
  language: "typescript",
  port: 7963,
  memo: "",
  settings: { policy: "adaptive", locality: "none", partition: false, check: "none", tuning: {} },
  createdAtMs: 1,
  health: "well",
  healthText: "",
  instanceCount: 0,
  enabledCount: 0,
});

const answer = {
  groups: [
    group("VOA", "standard"),
    group("Flight", "standard"),
    group("Database", "external"),
    group("Empty", "standard"),
  ],
  services: [
    service("VOA", "Crawl"),
    service("Flight", "mod_b"),
    service("Flight", "mod_a"),
    service("Database", "mysql", "external"),
  ],
};

it("puts favourites first, keeps external apart and sorts by name", () => {
  const tree = buildTree(answer, ["VOA.Crawl", "Gone.away"], "");
  expect(tree.favourites.map((each) => each.second)).toEqual(["Crawl"]);
  expect(tree.standard.map((each) => [each.name, each.services.map((leaf) => leaf.second)])).toEqual([
    ["Empty", []],
    ["Flight", ["mod_a", "mod_b"]],
    ["VOA", ["Crawl"]],
  ]);
  expect(tree.external.map((each) => each.name)).toEqual(["Database"]);
});

it("searches the full name in any case and hides groups without a match", () => {
  const tree = buildTree(answer, [], "flight.MOD_A");
  expect(tree.standard.map((each) => each.services.map((leaf) => leaf.second))).toEqual([["mod_a"]]);
  expect(tree.external).toEqual([]);
});
