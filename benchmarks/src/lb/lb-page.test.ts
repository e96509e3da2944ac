import { expect, it } from "vitest";
import { withBlock } from "./lb-page.js";

it("adds the block at the end, and later replaces it where it is", () => {
  const first = withBlock("# Fault tolerance\n\nProse.\n", "one");
  expect(first).toMatch(/^# Fault tolerance\n\nProse\.\n\n<!-- simulator: .*\n\none\n\n<!-- simulator: end -->\n$/);
  const moved = `${first}\nMore prose.\n`;
  expect(withBlock(moved, "two")).toBe(moved.replace("one", "two"));
});
