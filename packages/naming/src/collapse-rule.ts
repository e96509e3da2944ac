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
  readonly #lost = new Map<string, { readonly was: number; readonly atMs: number }>();

  /**
   * Notes a change that is about to be made; one that puts a loss right is no loss any more. Note all that come together before the
   * first is judged.
   */
  note(service: string, before: Instances, after: Instances, nowMs: number): void {
    for (const [other, { atMs }] of this.#lost) if (nowMs - atMs > AT_ONCE_MS) this.#lost.delete(other);
    const is = countOf(after);
    const was = Math.max(countOf(before), this.#lost.get(service)?.was ?? 0);
    if (was === 0) return;
    if (is * 2 <= was) this.#lost.set(service, { was, atMs: nowMs });
    else this.#lost.delete(service);
  }

  /**
   * Says why the change of a service is held back, or `undefined`.
   *
   * @param served services that have instances now
   */
  judge(service: string, served: number): string | undefined {
    const losing = this.#lost.size;
    if (!this.#lost.has(service) || losing < MANY_SERVICES || losing <= served * LARGE_PART) return undefined;
    return `${losing} of ${served} services lose half of their instances or more at once`;
  }
}

function countOf(entry: Instances): number {
  return entry?.instances.length ?? 0;
}
