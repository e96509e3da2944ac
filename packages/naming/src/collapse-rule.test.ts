import { describe, expect, it } from "vitest";
import { judgeService, LossWindow } from "./collapse-rule.js";
import type { ServiceInstance } from "./name-store.js";

const of = (count: number) => ({
  instances: Array.from(
    { length: count },
    (_, at): ServiceInstance => ({
      ...{ host: `10.0.0.${at}`, port: 80, transport: "tcp", weight: 100 },
      ...{ zone: "", rack: "", set: "" },
    }),
  ),
});

describe("a change of one service", () => {
  it.each([
    { was: 1, is: 0, why: "it would lose its only instance" },
    { was: 5, is: 0, why: "it would lose all 5 instances" },
    { was: 4, is: 1, why: "it would fall from 4 instances to 1" },
    { was: 100, is: 49, why: "it would fall from 100 instances to 49" },
  ])("from $was to $is is held back", ({ was, is, why }) => {
    expect(judgeService(of(was), of(is))).toBe(why);
  });

  it.each([
    [0, 0],
    [0, 9],
    [3, 1],
    [4, 2],
    [100, 50],
    [2, 200],
  ])("from %i to %i is not", (was, is) => {
    expect(judgeService(of(was), of(is))).toBeUndefined();
  });

  it("that removes it counts as one to nothing", () => {
    expect(judgeService(of(2), undefined)).toBe("it would lose all 2 instances");
    expect(judgeService(of(0), undefined)).toBeUndefined();
    expect(judgeService(undefined, of(3))).toBeUndefined();
  });
});

describe("many services at once", () => {
  const lose = (window: LossWindow, count: number, opts: { served?: number; everyMs?: number; is?: number } = {}) =>
    Array.from({ length: count }, (_, at) => {
      window.note(`A1.B${at}`, of(3), of(opts.is ?? 1), at * (opts.everyMs ?? 0));
      return window.judge(`A1.B${at}`, opts.served ?? 20);
    });

  it("are let through until they are a large part, then held back", () => {
    const judged = lose(new LossWindow(), 10);
    expect(judged.slice(0, 7)).toEqual(new Array(7).fill(undefined));
    expect(judged[7]).toBe("8 of 20 services lose half of their instances or more at once");
    expect(judged[9]).toMatch("10 of 20");
  });

  it("does not count, or hold back, what got its instances back", () => {
    const window = new LossWindow();
    lose(window, 10);
    window.note("A1.B9", of(3), of(3), 1);
    expect([window.judge("A1.B9", 20), window.judge("A1.B0", 20)]).toEqual([
      undefined,
      expect.stringMatching("9 of 20"),
    ]);
    window.note("A1.B8", of(1), of(1), 1); // of three, whoever published one of them
    expect(window.judge("A1.B8", 20)).toMatch("9 of 20");
  });

  it.each([
    ["of very many", { served: 100 }],
    ["one after the other", { everyMs: 2_000 }],
    ["that keep most of their instances", { is: 2 }],
  ])("are not when they are some %s", (_, opts) => {
    expect(lose(new LossWindow(), 12, opts)).toEqual(new Array(12).fill(undefined));
  });
});
