import { expect, it } from "vitest";
import { splitAddresses, wrongAddresses } from "./parse-addresses.js";

it("splits what people paste and drops doubles", () => {
  expect(splitAddresses(" 10.0.0.1;10.0.0.2,\n10.0.0.1\t10.0.0.3 ")).toEqual(["10.0.0.1", "10.0.0.2", "10.0.0.3"]);
});

it("names the wrong ones", () => {
  expect(wrongAddresses(["10.0.0.1", "10.0.0.256", "10.0.0.1:80"], false)).toEqual(["10.0.0.256", "10.0.0.1:80"]);
  expect(wrongAddresses(["10.0.0.1", "10.0.0.1:0", "10.0.0.1:80"], true)).toEqual(["10.0.0.1", "10.0.0.1:0"]);
});
