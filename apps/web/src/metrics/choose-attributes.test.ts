import { expect, it } from "vitest";
import { shownAttributes, toggleAttribute } from "./choose-attributes.js";

it("begins with the author's own attributes and leaves out what the charts above show", () => {
  const all = [
    "frm.rpc requests",
    "frm.rpc request cost [0~1ms]",
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
