import { describe, expect, it } from "vitest";
import { PointBuffer } from "./point-buffer.js";

const point = (attribute: string, value: number, atSec = 10, kind: "add" | "set" = "add") => ({
  service: "Test.one",
  attribute,
  kind,
  atSec,
  value,
});

describe("PointBuffer", () => {
  it("sums additions and keeps the last of settings, per second", () => {
    const buffer = new PointBuffer(10);
    for (const each of [
      point("a", 1),
      point("a", 2),
      point("g", 5, 10, "set"),
      point("g", 3, 10, "set"),
      point("a", 4, 11),
    ])
      buffer.record(each);
    expect(buffer.take(10, 12)).toEqual([point("a", 3), point("g", 3, 10, "set"), point("a", 4, 11)]);
    expect(buffer.size).toBe(0);
  });

  it("gives out only seconds that are over, and no more than asked", () => {
    const buffer = new PointBuffer(10);
    for (const each of [point("a", 1), point("b", 1), point("c", 1, 11)]) buffer.record(each);
    expect(buffer.take(1, 11)).toEqual([point("a", 1)]);
    expect(buffer.take(9, 11)).toEqual([point("b", 1)]);
    expect(buffer.take(9, 11)).toEqual([]);
    expect(buffer.size).toBe(1);
  });

  it("drops the oldest above its limit and counts them", () => {
    const buffer = new PointBuffer(3);
    for (let second = 0; second < 8; second += 1) buffer.record(point("a", second, second));
    expect(buffer.dropped).toBe(5);
    expect(buffer.take(9, 99).map((each) => each.atSec)).toEqual([5, 6, 7]);
  });
});
