/** Differences that wait for a person. */
import type { ServiceLook } from "./service-look.js";
import type { HoldKind } from "./sync-decision.js";

export interface HeldChange {
  readonly service: string;
  readonly why: HoldKind;
  readonly text: string;
  /** Instances here and in ZooKeeper. */
  readonly ours: number;
  readonly theirs: number;
}

const HOLD_TEXTS: Readonly<Record<HoldKind, string>> = {
  gone: "it is gone from ZooKeeper",
  emptied: "its list in ZooKeeper is empty",
  "only here": "it was never in this ZooKeeper",
  differs: "ZooKeeper has another list, and nobody knows which is newer",
  "only there": "it is in ZooKeeper, which went back in time",
  unreadable: "what ZooKeeper has can't be used",
  refused: "the console can't take it over",
};

/** @param problem what a person has to know besides; "" = nothing */
export function holdChange({ service, entry, theirs }: ServiceLook, why: HoldKind, problem: string): HeldChange {
  const ours = entry?.instances.length ?? 0;
  return { service, why, text: textOf(why, ours, problem), ours, theirs: theirs?.instances.length ?? 0 };
}

function textOf(why: HoldKind, ours: number, problem: string): string {
  const text = problem === "" ? HOLD_TEXTS[why] : `${HOLD_TEXTS[why]}: ${problem}`;
  return ours === 0 ? text : `${text}; our ${ours} instances stay`;
}
