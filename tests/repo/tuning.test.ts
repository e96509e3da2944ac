import { Tuning } from "@msec/api-schema";
import { NLB_DEFAULT_TUNING } from "@msec/protocol";
import { expect, it } from "vitest";

it("the console tells the defaults that machines use for what is missing", () => {
  expect(Object.keys(Tuning.properties)).toEqual(Object.keys(NLB_DEFAULT_TUNING));
  for (const [key, value] of Object.entries(NLB_DEFAULT_TUNING))
    expect(Tuning.properties).toHaveProperty([key, "description"], expect.stringContaining(`(${value})`));
});
