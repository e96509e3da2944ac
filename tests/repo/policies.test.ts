import { POLICIES as inApi } from "@msec/api-schema";
import { POLICIES as inBalancer } from "@msec/balancer";
import { expect, it } from "vitest";

it("the console offers the policies that the balancer knows", () => {
  expect([...inApi].toSorted()).toEqual(inBalancer.map((row) => row.name).toSorted());
});
