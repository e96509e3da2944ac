import { expect, it } from "vitest";
import { withMarkedBlock } from "./marked-block.js";

const marks = { name: "simulator", command: "lb-page" };

it("adds the block at the end, and later replaces it where it is", () => {
  const first = withMarkedBlock("# Fault tolerance\n\nProse.\n", marks, "one");
  expect(first).toMatch(/^# Fault tolerance\n\nProse\.\n\n<!-- simulator: .*\n\none\n\n<!-- simulator: end -->\n$/);
  const moved = `${first}\nMore prose.\n`;
  expect(withMarkedBlock(moved, marks, "two")).toBe(moved.replace("one", "two"));
});

it("keeps blocks of different names apart", () => {
  const both = withMarkedBlock(withMarkedBlock("# Page\n", marks, "one"), { ...marks, name: "chaos" }, "two");
  expect(withMarkedBlock(both, marks, "three")).toBe(both.replace("one", "three"));
});
