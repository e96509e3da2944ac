import { describe, expect, it } from "vitest";
import { decide, type Sides } from "./sync-decision.js";
import { ABSENT, UNSEEN } from "./sync-ledger.js";

const SAME: Sides = {
  ...{ local: "A", remote: "A", localCount: 2, remoteCount: 2, isSame: true },
  ...{ base: { local: "A", remote: "A" }, distrust: false, verdict: undefined },
};
const OURS = { local: "B", isSame: false } as const;
const THEIRS = { remote: "C", isSame: false, remoteCount: 3 } as const;
const GONE = { remote: ABSENT, isSame: false, remoteCount: 0 } as const;
const NOT_HERE = { local: ABSENT, isSame: false, localCount: 0 } as const;
const NEVER = { base: undefined } as const;

describe("decide", () => {
  it.each<[string, Partial<Sides>, string]>([
    ["nothing changed", {}, "nothing"],
    [
      "nothing changed, written differently there",
      { remote: "a", base: { local: "A", remote: "a" }, isSame: false },
      "nothing",
    ],
    ["neither has it", { ...NOT_HERE, ...GONE, base: undefined }, "nothing"],
    ["both got the same by themselves", { base: { local: "x", remote: "y" } }, "note"],
    ["changed here", OURS, "write"],
    ["removed here", NOT_HERE, "remove"],
    ["changed there", THEIRS, "take"],
    ["changed on both sides: a person has just acted here", { ...OURS, ...THEIRS }, "write"],
    ["changed here, gone there", { ...OURS, ...GONE }, "write"],
    ["changed here, unreadable there", { ...OURS, remote: "C", remoteCount: undefined }, "write"],
    ["gone there", GONE, "hold gone"],
    ["empty there", { ...THEIRS, remoteCount: 0 }, "hold emptied"],
    ["empty on both sides, settings changed there", { ...THEIRS, remoteCount: 0, localCount: 0 }, "take"],
    ["unreadable there", { ...THEIRS, remoteCount: undefined }, "hold unreadable"],
    ["new there", { ...THEIRS, ...NOT_HERE, ...NEVER }, "take"],
    ["new there and unreadable", { ...THEIRS, ...NOT_HERE, ...NEVER, remoteCount: undefined }, "hold unreadable"],
    ["new here, made by a person just now", { ...GONE, base: { local: UNSEEN, remote: UNSEEN } }, "write"],
    ["here before there was a ZooKeeper", { ...GONE, ...NEVER }, "hold only here"],
    ["an empty name here, unknown there", { ...GONE, ...NEVER, localCount: 0 }, "write"],
    ["both have it, never compared", { ...THEIRS, ...NEVER }, "hold differs"],
    ["made here just now, but there already", { ...THEIRS, base: { local: UNSEEN, remote: UNSEEN } }, "hold differs"],
    ["an empty name here, a list there, never compared", { ...THEIRS, ...NEVER, localCount: 0 }, "take"],
    ["distrust: changed there", { ...THEIRS, distrust: true }, "hold differs"],
    ["distrust: gone there", { ...GONE, distrust: true }, "hold gone"],
    ["distrust: unknown here", { ...THEIRS, ...NOT_HERE, ...NEVER, distrust: true }, "hold only there"],
    ["distrust: changed here", { ...OURS, ...THEIRS, distrust: true }, "write"],
    ["a person chose ours", { ...GONE, verdict: "ours" }, "write"],
    ["a person chose ours, which is nothing", { ...THEIRS, ...NOT_HERE, verdict: "ours" }, "remove"],
    ["a person chose theirs", { ...THEIRS, distrust: true, verdict: "theirs" }, "take"],
    ["a person chose theirs, which is nothing", { ...GONE, verdict: "theirs" }, "take removal"],
    ["a person chose what can't be read", { ...THEIRS, remoteCount: undefined, verdict: "theirs" }, "hold unreadable"],
  ])("%s", (_, change, want) => {
    const decision = decide({ ...SAME, ...change });
    expect("why" in decision ? `hold ${decision.why}` : decision.kind).toBe(want);
  });
});
