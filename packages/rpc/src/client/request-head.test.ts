import { expect, it } from "vitest";
import { wireTimeoutOf } from "./request-head.js";

it("tells no millisecond more than the call has, wherever its deadline falls among the numbers", () => {
  for (let beganMs = 1_500; beganMs < 2_500; beganMs += 0.013_7) {
    expect(wireTimeoutOf(beganMs + 1_000 - beganMs)).toBe(1_000);
  }
  expect(wireTimeoutOf(0.2)).toBe(1);
  expect(wireTimeoutOf(999.01)).toBe(1_000);
});
