import { expect, it } from "vitest";
import { LostConnections } from "./lost-connections.js";

it("allows free repeats unless connections to an address die unanswered again and again", () => {
  const lost = new LostConnections();
  const losses: [address: string, hasAnswered: boolean][] = [
    ["a", false],
    ["a", false],
    ["b", false],
    ["a", false],
    ["a", true],
    ["a", false],
    ["a", false],
  ];
  expect(losses.map(([address, hasAnswered]) => lost.note(address, hasAnswered))).toEqual([
    ...[true, false, true, false],
    ...[true, true, false],
  ]);
});
