/**
 * When a change of names is rather an accident than meant, so that it is held back until a person confirms it: a service loses all
 * its instances, or more than half of many; or a large part of all services lose at least half of theirs at about the same time.
 */
import type { ServiceEntry } from "./name-store.js";

/** From so many instances on, falling below half is held back. */
const MANY_INSTANCES = 4;
/** From so many services on, … */
const MANY_SERVICES = 8;
/** … more than this part of those that have instances. */
const LARGE_PART = 1 / 3;
const AT_ONCE_MS = 10_000;

type Instances = Pick<ServiceEntry, "instances"> | undefined;

/** Says why a change of one service is held back, or `undefined`. No entry counts as one without instances. */
export function judgeService(before: Instances, after: Instances): string | undefined {
  const [was, is] = [countOf(before), countOf(after)];
  if (was > 0 && is === 0) return was === 1 ? "it would lose its only instance" : `it would lose all ${was} instances`;
  if (was >= MANY_INSTANCES && is * 2 < was) return `it would fall from ${was} instances to ${is}`;
  return undefined;
}

/** Counts services that lost at least half of their instances of late. */
export class LossWindow {
  readonly #lostAtMs = new Map<string, number>();

  /**
   * Notes a change that is about to be made.
   *
   * @param served services that have instances now
   * @returns why it is held back, or `undefined`
   */
  judge(
    change: { service: string; before: Instances; after: Instances },
    served: number,
    nowMs: number,
  ): string | undefined {
    const [was, is] = [countOf(change.before), countOf(change.after)];
    if (was === 0 || is * 2 > was) return undefined;
    for (const [service, atMs] of this.#lostAtMs) if (nowMs - atMs > AT_ONCE_MS) this.#lostAtMs.delete(service);
    this.#lostAtMs.set(change.service, nowMs);
    const losing = this.#lostAtMs.size;
    if (losing < MANY_SERVICES || losing <= served * LARGE_PART) return undefined;
    return `${losing} of ${served} services lose half of their instances or more at once`;
  }
}

function countOf(entry: Instances): number {
  return entry?.instances.length ?? 0;
}
