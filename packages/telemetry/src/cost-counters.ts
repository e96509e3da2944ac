import type { MetricCounter, MetricEmitter } from "./metric-emitter.js";
import { metricName } from "./metric-name.js";

/** The attributes `<prefix><words>]` and `<prefix><words>] cost [<bucket>]`; each is made when it first counts something. */
export class CostCounters {
  readonly #emitter: MetricEmitter;
  readonly #prefix: string;
  readonly #words: string;
  readonly #buckets: readonly string[];
  readonly #cells: MetricCounter[] = [];
  readonly #others = new Map<string, MetricCounter>();

  constructor(emitter: MetricEmitter, names: { prefix: string; words: string; buckets: readonly string[] }) {
    this.#emitter = emitter;
    this.#prefix = names.prefix;
    this.#words = names.words;
    this.#buckets = names.buckets;
  }

  addCost(bucket: number, count: number): void {
    this.#cells[bucket] ??= this.#counter(`] cost [${this.#buckets[bucket]}]`);
    this.#cells[bucket].add(count);
  }

  /** Adds to `<prefix><words>]<suffix>`. */
  add(suffix: string, count = 1): void {
    let counter = this.#others.get(suffix);
    if (counter === undefined) {
      counter = this.#counter(`]${suffix}`);
      this.#others.set(suffix, counter);
    }
    counter.add(count);
  }

  #counter(suffix: string): MetricCounter {
    return this.#emitter.counter(metricName(this.#prefix, this.#words, suffix));
  }
}
