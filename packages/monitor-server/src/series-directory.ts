/** Which series there are, in memory. A series = service, attribute, kind and machine. */
import type { MetricPoint } from "@msec/protocol";

type MetricKind = MetricPoint["kind"];

export interface SeriesName {
  readonly service: string;
  readonly attribute: string;
  readonly kind: MetricKind;
  readonly machine: string;
}

export interface Series extends SeriesName {
  readonly seriesId: number;
}

export class SeriesDirectory {
  readonly #byKey = new Map<string, Series>();
  readonly #services = new Map<string, Map<string, Series[]>>();

  find(name: SeriesName): Series | undefined {
    return this.#byKey.get(keyOf(name));
  }

  add(series: Series): void {
    const key = keyOf(series);
    if (this.#byKey.has(key)) return;
    this.#byKey.set(key, series);
    const attributes = this.#services.get(series.service) ?? new Map<string, Series[]>();
    this.#services.set(series.service, attributes);
    const list = attributes.get(series.attribute);
    if (list) list.push(series);
    else attributes.set(series.attribute, [series]);
  }

  remove(series: Series): void {
    if (!this.#byKey.delete(keyOf(series))) return;
    const attributes = this.#services.get(series.service);
    const rest = attributes?.get(series.attribute)?.filter((other) => other.seriesId !== series.seriesId) ?? [];
    if (rest.length > 0) attributes?.set(series.attribute, rest);
    else attributes?.delete(series.attribute);
    if (attributes?.size === 0) this.#services.delete(series.service);
  }

  /** Series of a service by attribute. */
  of(service: string): ReadonlyMap<string, readonly Series[]> {
    return this.#services.get(service) ?? new Map();
  }

  get size(): number {
    return this.#byKey.size;
  }

  all(): Iterable<Series> {
    return this.#byKey.values();
  }
}

function keyOf(name: SeriesName): string {
  return `${name.kind}\u0003${name.machine}\u0003${name.service}\u0003${name.attribute}`;
}
