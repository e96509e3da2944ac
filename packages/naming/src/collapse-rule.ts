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

  /** Notes a change that is about to be made. Note all that come together before the first is judged. */
  note(service: string, before: Instances, after: Instances, nowMs: number): void {
    for (const [other, atMs] of this.#lostAtMs) if (nowMs - atMs > AT_ONCE_MS) this.#lostAtMs.delete(other);
    const [was, is] = [countOf(before), countOf(after)];
    if (was > 0 && is * 2 <= was) this.#lostAtMs.set(service, nowMs);
  }

  /**
   * Says why the change of a service is held back, or `undefined`.
   *
   * @param served services that have instances now
   */
  judge(service: string, served: number): string | undefined {
    const losing = this.#lostAtMs.size;
    if (!this.#lostAtMs.has(service) || losing < MANY_SERVICES || losing <= served * LARGE_PART) return undefined;
    return `${losing} of ${served} services lose half of their instances or more at once`;
  }
}

function countOf(entry: Instances): number {
  return entry?.instances.length ?? 0;
}
