/** Metric points of the recent past, one per service, attribute, kind and second, kept until the console has them. */
import type { MetricPoint } from "@msec/protocol";

export class PointBuffer {
  readonly #maxPoints: number;
  /** Seconds in the order they were first seen; inside, points by key. */
  readonly #seconds = new Map<number, Map<string, MetricPoint>>();
  #size = 0;
  #dropped = 0;

  constructor(maxPoints: number) {
    this.#maxPoints = maxPoints;
  }

  get size(): number {
    return this.#size;
  }

  /** Points given up since the start because the console was away for too long. */
  get dropped(): number {
    return this.#dropped;
  }

  /** `add` values of one second are summed, of `set` the last one stays. */
  record(point: MetricPoint): void {
    const points = this.#second(point.atSec);
    const key = `${point.kind} ${point.service}\u0003${point.attribute}`;
    const known = points.get(key);
    if (known) {
      known.value = point.kind === "add" ? known.value + point.value : point.value;
      return;
    }
    points.set(key, { ...point });
    this.#size += 1;
    while (this.#size > this.#maxPoints) this.#dropOldest();
  }

  /** Takes up to `max` of the oldest points of seconds before `beforeSec`; a second is complete only when it is over. */
  take(max: number, beforeSec: number): MetricPoint[] {
    const taken: MetricPoint[] = [];
    for (const [second, points] of this.#seconds) {
      if (second >= beforeSec) continue;
      for (const [key, point] of points) {
        if (taken.length >= max) break;
        taken.push(point);
        points.delete(key);
      }
      if (points.size === 0) this.#seconds.delete(second);
      if (taken.length >= max) break;
    }
    this.#size -= taken.length;
    return taken;
  }

  #second(atSec: number): Map<string, MetricPoint> {
    let points = this.#seconds.get(atSec);
    if (!points) {
      points = new Map();
      this.#seconds.set(atSec, points);
    }
    return points;
  }

  #dropOldest(): void {
    const oldest = this.#seconds.entries().next().value;
    if (!oldest) return;
    const [second, points] = oldest;
    const [key] = points.keys();
    if (key !== undefined && points.delete(key)) {
      this.#size -= 1;
      this.#dropped += 1;
    }
    if (points.size === 0) this.#seconds.delete(second);
  }
}
