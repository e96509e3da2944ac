import { expect, it } from "vitest";
import { CallerList } from "./caller-list.js";

it.each([
  { entries: ["Shop.cart"], yes: ["Shop.cart"], no: ["Shop.card", "shop.cart", "", "Shop.cart.x", "Shop"] },
  { entries: ["Shop.*"], yes: ["Shop.cart", "Shop.desk"], no: ["Shopping.cart", "Other.cart", "Shop", "agent:Shop.x"] },
  { entries: ["agent:a-1"], yes: ["agent:a-1"], no: ["a-1", "agent:a-2", ""] },
  { entries: ["*"], yes: ["Shop.cart", "agent:a-1", "python.client"], no: [""] },
])("$entries", ({ entries, yes, no }) => {
  const list = new CallerList(entries);
  for (let round = 0; round < 2; round++) {
    expect(yes.filter((name) => !list.includes(name))).toEqual([]);
    expect(no.filter((name) => list.includes(name))).toEqual([]);
  }
});

it.each(["Shop", "Shop.", ".cart", "*.cart", "Shop.*x", "agent:", "agent:a b", "Shop.cart,Shop.desk", ""])(
  "refuses the entry %j",
  (entry) => {
    expect(() => new CallerList(["Shop.cart", entry])).toThrow("names no caller");
  },
);

it("forgets names that callers make up", () => {
  const list = new CallerList(["Shop.cart"]);
  for (let n = 0; n < 10_000; n++) expect(list.includes(`Made.up${n}`)).toBe(false);
  expect(list.includes("Shop.cart")).toBe(true);
});

it("neither takes nor keeps names that are longer than names are", () => {
  const long = `Shop.${"x".repeat(100_000)}`;
  expect(new CallerList(["Shop.*"]).includes(long)).toBe(false);
  expect(new CallerList(["*"]).includes(long)).toBe(true);
});
