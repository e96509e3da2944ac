import { expect, it } from "vitest";
import { layoutLayers } from "./layout.js";

const edges = [
  { from: "web", to: "flight" },
  { from: "flight", to: "crawl" },
  { from: "flight", to: "mysql" },
];

it("puts callers left of callees", () => {
  const x = new Map(layoutLayers([], edges).map((node) => [node.id, node.x]));
  expect(x.get("web")!).toBeLessThan(x.get("flight")!);
  expect(x.get("flight")!).toBeLessThan(x.get("crawl")!);
  expect(x.get("crawl")).toBe(x.get("mysql"));
});

it("puts callers above callees where there is no width", () => {
  const y = new Map(layoutLayers([], edges, "TB").map((node) => [node.id, node.y]));
  expect(y.get("web")!).toBeLessThan(y.get("flight")!);
  expect(y.get("crawl")).toBe(y.get("mysql"));
});

it("gives the same picture for the same graph in another order", () => {
  expect(layoutLayers(["mysql", "web"], [...edges].reverse())).toEqual(layoutLayers(["web", "mysql"], edges));
});

it("stands circles and calls to oneself", () => {
  const placed = layoutLayers(["alone"], [...edges, { from: "crawl", to: "web" }, { from: "web", to: "web" }]);
  expect(placed.map((node) => node.id)).toEqual(["alone", "crawl", "flight", "mysql", "web"]);
});
