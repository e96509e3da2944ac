/** Batches of hop records at random, as a service sends them. */
import { systemClock } from "@msec/core";
import { HopBatchWriter, type HopFacts } from "@msec/protocol";
import fc from "fast-check";
import { text } from "./damaged-bytes.js";

const uint32 = fc.nat({ max: 0xffff_ffff });
const ms = fc.double({ min: 0, max: 100_000, noNaN: true });
const call = {
  spanIdHigh: uint32,
  spanIdLow: uint32,
  method: text,
  attempt: fc.nat({ max: 5 }),
  startedMs: ms,
  costMs: ms,
  err: fc.integer({ min: -200, max: 0 }),
  reason: text,
};
const hops = fc.record({
  ...call,
  flowIdHigh: uint32,
  flowIdLow: uint32,
  parentSpanIdHigh: uint32,
  parentSpanIdLow: uint32,
  service: text,
  caller: text,
  protocol: fc.constantFrom("srpc", "http"),
  coloring: fc.boolean(),
  priority: fc.nat({ max: 127 }),
  clientAddress: text,
  serverAddress: text,
  calls: fc.array(fc.record({ ...call, target: text, address: text }), { maxLength: 3 }),
}) as fc.Arbitrary<HopFacts>;

/** Framed log events; {@link HopBatchWriter.seal} tells their shape. */
export const hopFrames = fc.array(hops, { minLength: 1, maxLength: 4 }).map((facts) => {
  const writer = new HopBatchWriter(systemClock);
  for (const hop of facts) writer.append(hop);
  return { frame: writer.seal(), facts };
});
