/**
 * Puts hops of several machines on one time line. Machines' clocks differ, but a callee works inside its caller's call: a machine whose
 * hop lies outside is shifted, all its hops by the same time, so that the work lies in the middle of the call. Pure.
 */
import type { GraphHop, JoinedHop } from "./graph-hop.js";

/** Times are rounded to milliseconds. */
const ROUNDING_MS = 1;

/** @returns hops on the clock of the entrance's machine, in the order of their start, parents first */
export function alignClocks(joined: readonly JoinedHop[]): GraphHop[] {
  const bySpan = new Map(joined.map((each) => [each.hop.spanId, each]));
  const children = new Map<string, JoinedHop[]>();
  const tops: JoinedHop[] = [];
  for (const each of joined) {
    const { parentSpanId, spanId } = each.hop;
    if (parentSpanId === spanId || !bySpan.has(parentSpanId)) tops.push(each);
    else children.set(parentSpanId, [...(children.get(parentSpanId) ?? []), each]);
  }
  const timeline = new Timeline(children);
  for (const top of tops.toSorted(topsFirst)) timeline.place(top);
  // Only hops that name each other as parents are left.
  for (const each of joined) if (!timeline.has(each)) timeline.place(each);
  return timeline.sorted();
}

interface Placed {
  readonly hop: GraphHop;
  readonly depth: number;
}

class Timeline {
  readonly #children: ReadonlyMap<string, readonly JoinedHop[]>;
  readonly #placed = new Map<string, Placed>();
  readonly #offsetsMs = new Map<string, number>();

  constructor(children: ReadonlyMap<string, readonly JoinedHop[]>) {
    this.#children = children;
  }

  has(each: JoinedHop): boolean {
    return this.#placed.has(each.hop.spanId);
  }

  /** Places a hop and all below it. */
  place(top: JoinedHop): void {
    const queue: { each: JoinedHop; parent: JoinedHop | undefined }[] = [{ each: top, parent: undefined }];
    for (let next = queue.shift(); next; next = queue.shift()) {
      const { each } = next;
      if (this.has(each)) continue;
      this.#placeOne(each, next.parent);
      for (const child of this.#children.get(each.hop.spanId) ?? []) queue.push({ each: child, parent: each });
    }
  }

  sorted(): GraphHop[] {
    const placed = [...this.#placed.values()];
    placed.sort((a, b) => a.hop.startedAtMs - b.hop.startedAtMs || a.depth - b.depth || a.hop.attempt - b.hop.attempt);
    return placed.map(({ hop }) => hop);
  }

  #placeOne(each: JoinedHop, parent: JoinedHop | undefined): void {
    const above = parent && this.#placed.get(parent.hop.spanId);
    const offsetMs = this.#offsetsMs.get(each.machine) ?? this.#findOffset(each, parent, above?.hop);
    this.#offsetsMs.set(each.machine, offsetMs);
    const startedAtMs = Math.max(each.hop.startedAtMs + offsetMs, above?.hop.startedAtMs ?? Number.NEGATIVE_INFINITY);
    const depth = above ? above.depth + 1 : 0;
    this.#placed.set(each.hop.spanId, { hop: { ...each.hop, startedAtMs: Math.round(startedAtMs) }, depth });
  }

  #findOffset({ hop, call }: JoinedHop, parent: JoinedHop | undefined, above: GraphHop | undefined): number {
    if (!parent || !above) return 0;
    const parentOffsetMs = this.#offsetsMs.get(parent.machine) ?? 0;
    const startMs = call ? call.startedAtMs + parentOffsetMs : above.startedAtMs;
    const lengthMs = call ? call.costMs : above.costMs;
    const beginsInside =
      hop.startedAtMs >= startMs - ROUNDING_MS && hop.startedAtMs <= startMs + lengthMs + ROUNDING_MS;
    // A callee may go on after its caller gave up.
    const mayEndLater = hop.err !== 0;
    const endsInside = mayEndLater || hop.startedAtMs + hop.costMs <= startMs + lengthMs + 2 * ROUNDING_MS;
    if (beginsInside && endsInside) return 0;
    return startMs + Math.max(0, lengthMs - hop.costMs) / 2 - hop.startedAtMs;
  }
}

/** Entrances before hops whose parent told nothing, then the earliest. */
function topsFirst(a: JoinedHop, b: JoinedHop): number {
  const rank = (each: JoinedHop): number => (each.hop.parentSpanId === "" ? 0 : 1);
  return rank(a) - rank(b) || a.hop.startedAtMs - b.hop.startedAtMs;
}
