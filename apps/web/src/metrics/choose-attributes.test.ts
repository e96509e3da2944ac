import { expect, it } from "vitest";
import { shownAttributes, sortAttributes, toggleAttribute } from "./choose-attributes.js";

it("begins with the author's own attributes and leaves out what the charts above show", () => {
  const all = [
    "frm.rpc requests",
    "frm.rpc request cost [0~0.1ms]",
    "frm.ctrl pull-up worker",
    "usr.orders",
    "frm.rpc call [A.b:c]",
  ];
  expect(shownAttributes(all, [])).toEqual(["usr.orders", "frm.ctrl pull-up worker"]);
  expect(shownAttributes(all, ["frm.rpc requests"])).toEqual(["frm.rpc requests"]);
});

it("toggles one", () => {
  expect(toggleAttribute(["a", "b"], "a")).toEqual(["b"]);
  expect(toggleAttribute(["a"], "c")).toEqual(["a", "c"]);
});

it("lists the author's own first, buckets by size", () => {
  const names = ["frm.cost [10~20ms]", "frm.cost [2~5ms]", "usr.b", "usr.a"].map((attribute) => ({ attribute }));
  expect(sortAttributes(names).map((each) => each.attribute)).toEqual([
    "usr.a",
    "usr.b",
    "frm.cost [2~5ms]",
    "frm.cost [10~20ms]",
  ]);
});
