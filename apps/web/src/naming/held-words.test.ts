import type { HeldName } from "@msec/api-schema";
import { expect, it } from "vitest";
import { formatMessage } from "../i18n/format-message.js";
import { en } from "../i18n/messages-en.js";
import type { Translate } from "../i18n/use-text.js";
import { decisionOn, decisionWords, namesInShort, refusalGroups, shownOf } from "./held-words.js";

const t: Translate = (key, params) => formatMessage(en[key], params);
const held = (service: string, wanted: number, isRemoval = false): HeldName => ({
  ...{ service, wanted, isRemoval, published: 6, revision: 4, why: "it would fall", sinceMs: 1 },
});
const many = (count: number) => Array.from({ length: count }, (_, at) => held(`Shop.s${at}`, at % 2));

it.each([
  ["fewer", held("Shop.cart", 2), "Within a second all machines call 2 instances of Shop.cart instead of 6."],
  ["one", held("Shop.cart", 1), "Within a second all machines call 1 instance of Shop.cart instead of 6."],
  ["none", held("Shop.cart", 0), "No instance of Shop.cart is left of 6. Within a second every call to it fails"],
  ["no service", held("Shop.cart", 0, true), "Shop.cart itself goes, with 6 instances."],
])("letting a change to %s through says what callers lose, and asks for the name", (_, change, text) => {
  const words = decisionWords(decisionOn("let", [change]), t);
  expect(words.text).toContain(text);
  expect(words.typeName).toBe("Shop.cart");
});

it("letting several through tells how many end with nothing, and asks for their number", () => {
  const words = decisionWords(decisionOn("let", many(9)), t);
  expect(words.title).toBe("Let 9 changes through");
  expect(words.text).toContain("Shop.s7 and 1 more.\nOf 5 services no instance is left");
  expect(words.typeName).toBe("9");
  expect(decisionWords(decisionOn("let", [held("A.b", 3), held("A.c", 3)]), t).text).not.toContain(
    "no instance is left",
  );
});

it("keeping asks for nothing to be typed", () => {
  const one = decisionWords(decisionOn("keep", [held("Shop.cart", 2)]), t);
  expect([one.title, one.typeName]).toEqual(["Keep the instances of Shop.cart", undefined]);
  expect(one.text).toContain("Shop.cart stays at 6 instances on all machines");
  expect(decisionWords(decisionOn("keep", many(3)), t).title).toBe("Keep the instances of 3 services");
});

it("decides about no more at once than the API takes", () => {
  expect(decisionWords(decisionOn("keep", many(1_001)), t).title).toBe("Keep the instances of 1000 services");
});

it("has machines take a list only with their number typed", () => {
  const words = decisionWords({ kind: "take", machines: ["web-1", "web-2"] }, t);
  expect([words.title, words.typeName]).toEqual(["Have 2 machines take this list", "2"]);
  expect(words.text).toContain("replaces what web-1, web-2 know");
});

it("shows a few at first, unless there are hardly more", () => {
  expect([6, 7, 14].map((count) => shownOf(many(count), false).length)).toEqual([6, 5, 5]);
  expect(shownOf(many(14), true)).toHaveLength(14);
});

it("puts machines with the same reason together", () => {
  const refusal = (machineName: string, why: string) => ({ machineId: machineName, machineName, why, sinceMs: 1 });
  const refusals = [refusal("a", "empty"), refusal("b", "less"), refusal("c", "empty")];
  expect(refusalGroups(refusals)).toEqual([
    { why: "empty", machines: ["a", "c"] },
    { why: "less", machines: ["b"] },
  ]);
  expect(namesInShort(["a", "b"], t)).toBe("a, b");
});
