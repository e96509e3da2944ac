/** Tells which requests were slow for what they are: against the average of their own service and method. */
import type { HopRecord } from "@msec/protocol";

/** So many times the average is slow … */
const SLOW_RATIO = 4;
/** … from here on: below it nobody waits. */
const SLOW_FROM_US = 10_000;
/** The average goes this part of the way to each new cost: when all become slow it follows within a few hundred requests. */
const AVERAGE_WEIGHT = 1 / 256;
/** Pairs of service and method; records of further ones are never slow. */
const MAX_METHODS = 2_000;

interface Average {
  costUs: number;
}

export class SlowHops {
  readonly #services = new Map<string, Map<string, Average>>();
  #count = 0;

  /** Learns from the record. @returns whether it is slow */
  note({ service, method, costUs }: HopRecord): boolean {
    const average = this.#services.get(service)?.get(method) ?? this.#create(service, method, costUs);
    if (average === undefined) return false;
    const isSlow = costUs >= SLOW_FROM_US && costUs > average.costUs * SLOW_RATIO;
    average.costUs += (costUs - average.costUs) * AVERAGE_WEIGHT;
    return isSlow;
  }

  #create(service: string, method: string, costUs: number): Average | undefined {
    if (this.#count >= MAX_METHODS) return undefined;
    this.#count++;
    const average = { costUs };
    const methods = this.#services.get(service) ?? new Map<string, Average>();
    this.#services.set(service, methods.set(method, average));
    return average;
  }
}
