import { NetRefused } from "@msec/net";
import { expect, it } from "vitest";
import { DialBackoff } from "./dial-backoff.js";

const error = new NetRefused({ address: "127.0.0.1:1" });

/** How long each address is left alone after so many failures in a row. */
function pauses(random: () => number, count: number): number[] {
  const backoff = new DialBackoff(random);
  return Array.from({ length: count }, (_, n) => {
    backoff.failed("a", error, n * 2_000);
    const refusal = backoff.refusal("a", n * 2_000);
    return refusal === undefined ? 0 : (refusal.details as { nextDialInMs: number }).nextDialInMs;
  });
}

it("pauses longer after each failure, up to a second, and not at all after the first", () => {
  expect(pauses(() => 0, 8)).toEqual([0, 50, 100, 200, 400, 800, 1000, 1000]);
  expect(pauses(() => 0.999_999, 4)).toEqual([0, 26, 51, 101]);
});

it("keeps addresses apart, tells the last error, and forgets at success and with time", () => {
  const backoff = new DialBackoff(() => 0);
  for (const address of ["a", "a", "b"]) backoff.failed(address, error, 0);
  expect(backoff.refusal("a", 49)).toMatchObject({ code: error.code, reason: "NET_REFUSED", cause: error });
  expect(backoff.refusal("a", 50)).toBeUndefined();
  expect(backoff.refusal("b", 0)).toBeUndefined();
  backoff.succeeded("a");
  backoff.failed("a", error, 60);
  expect(backoff.refusal("a", 60)).toBeUndefined();
  backoff.failed("a", error, 40_000);
  expect(backoff.refusal("a", 40_000)).toBeUndefined();
});

it("remembers a bounded number of addresses", () => {
  const backoff = new DialBackoff(() => 0);
  for (let n = 0; n < 5_000; n++) for (let times = 0; times < 2; times++) backoff.failed(`${n}`, error, 0);
  expect(backoff.refusal("0", 0)).toBeUndefined();
  expect(backoff.refusal("4999", 0)).toBeDefined();
});
