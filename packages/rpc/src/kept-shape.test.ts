import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { KeptShape } from "./kept-shape.js";

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
afterEach(() => void vi.useRealTimers());

it("makes the object anew in the program's first half hour, ever less often, and not after it is stopped", () => {
  let made = 0;
  const shape = new KeptShape(() => ({ number: ++made }));
  const numbers = [0, 1_000, 1_000, 1_000, 4_000, 3_600_000, 3_600_000].map((ms) => {
    vi.advanceTimersByTime(ms);
    return made;
  });
  expect(numbers).toEqual([1, 2, 2, 3, 4, 12, 12]);
  expect(shape.object).toEqual({ number: 12 });
  const stopped = new KeptShape(() => ({ number: ++made }));
  stopped.stop();
  vi.advanceTimersByTime(3_600_000);
  expect(made).toBe(13);
});
