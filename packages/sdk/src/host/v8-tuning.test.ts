import v8 from "node:v8";
import { afterEach, describe, expect, it, vi } from "vitest";
import { tuneV8 } from "./v8-tuning.js";

// The test process keeps its own settings: they would change how all other tests are compiled.
const set = vi.spyOn(v8, "setFlagsFromString").mockReturnValue(undefined);
afterEach(() => set.mockClear());

describe("tuneV8", () => {
  it("raises the budget for inlining", () => {
    tuneV8([]);
    expect(set.mock.calls.flat()).toEqual([
      "--max-inlined-bytecode-size-cumulative=4000",
      "--reserve-inline-budget-scale-factor=3",
    ]);
  });

  it("leaves what the command line says", () => {
    tuneV8(["--max_inlined_bytecode_size_cumulative=920", "--enable-source-maps"]);
    expect(set.mock.calls.flat()).toEqual(["--reserve-inline-budget-scale-factor=3"]);
  });
});
