/**
 * Counts of incoming requests. A request touches one number, that of its caller, method and cost; totals, sums per caller and per
 * method are made of these once a second.
 */
import { ERROR_CODES } from "@msec/core";
import { srpcErrorText } from "@msec/protocol";
import { REQUEST_COST_BUCKETS, requestCostBucket, TOTAL_COST_STEPS_MS, totalCostStep } from "./cost-buckets.js";
import { CostCounters } from "./cost-counters.js";
import type { MetricCounter, MetricEmitter } from "./metric-emitter.js";
import { BoundedNames, metricName, OTHER } from "./metric-name.js";

/** What is read of an incoming request. `IncomingRequest` of `@msec/rpc` has this shape. */
export interface RequestFacts {
  readonly method: string;
  readonly caller: string;
  readonly costMs: number;
  /** 0 = ok. */
  readonly err: number;
}

export interface RequestMetricsLimits {
  readonly maxCallers: number;
  readonly maxMethods: number;
  /** Different pairs of caller and method. */
  readonly maxPairs: number;
}

const BUCKETS = REQUEST_COST_BUCKETS.length;
/** Behind the buckets in `counts`. */
const FAILED = BUCKETS;
/** Requests for methods that do not exist: their names are the caller's invention. */
const ERR_METHOD_UNKNOWN = ERROR_CODES.UNIMPLEMENTED.rpcNumber;
/** The caller gave up, as with the slower attempt of a hedged call: no failure of the service, but counted by its error. */
const ERR_CANCELLED = ERROR_CODES.CANCELLED.rpcNumber;
const MAX_ERRORS = 64;
const SLOW_MS = TOTAL_COST_STEPS_MS[1]!;

/** Requests of one caller for one method since the last collection. */
interface Series {
  readonly caller: string;
  readonly method: string;
  readonly counts: Float64Array;
  readonly ofCaller: CostCounters;
  readonly ofMethod: CostCounters;
  readonly ofPair: CostCounters;
}

export class RequestMetrics {
  /** Since the start. */
  requests = 0;
  failed = 0;
  readonly #emitter: MetricEmitter;
  readonly #limits: RequestMetricsLimits;
  readonly #callerNames: BoundedNames;
  readonly #methodNames: BoundedNames;
  readonly #callers = new Map<string, CostCounters>();
  readonly #methods = new Map<string, CostCounters>();
  readonly #pairs = new Map<string, Map<string, Series>>();
  readonly #all: Series[] = [];
  readonly #errors = new Map<number, MetricCounter>();
  readonly #requestCount: MetricCounter;
  readonly #failedCount: MetricCounter;
  readonly #costs: readonly MetricCounter[];
  readonly #slow = new Float64Array(TOTAL_COST_STEPS_MS.length);
  #last: Series | undefined;

  constructor(emitter: MetricEmitter, limits: RequestMetricsLimits) {
    this.#emitter = emitter;
    this.#limits = limits;
    this.#callerNames = new BoundedNames(limits.maxCallers);
    this.#methodNames = new BoundedNames(limits.maxMethods);
    this.#requestCount = emitter.counter("frm.rpc requests");
    this.#failedCount = emitter.counter("frm.rpc requests failed");
    this.#costs = REQUEST_COST_BUCKETS.map((bucket) => emitter.counter(`frm.rpc request cost [${bucket}]`));
  }

  onRequest(request: RequestFacts): void {
    const { method, caller, costMs, err } = request;
    let series = this.#last;
    if (series === undefined || series.method !== method || series.caller !== caller) {
      series = this.#find(request);
      this.#last = series;
    }
    const { counts } = series;
    counts[requestCostBucket(costMs)]!++;
    if (costMs >= SLOW_MS) this.#slow[totalCostStep(costMs)]!++;
    if (err !== 0) {
      if (err !== ERR_CANCELLED) counts[FAILED]!++;
      this.#error(err).add();
    }
  }

  /** Requests by the steps of `TOTAL_COST_STEPS_MS` since the start; `requests` must be fresh. */
  costSteps(): number[] {
    const steps = Array.from(this.#slow);
    steps[0] = this.requests - steps.reduce((sum, count) => sum + count, 0);
    return steps;
  }

  /** Adds what was counted since the last time to the attributes. */
  collect(): void {
    for (const series of this.#all) this.#collect(series);
  }

  #collect({ counts, ofCaller, ofMethod, ofPair }: Series): void {
    let requests = 0;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      const count = counts[bucket]!;
      if (count === 0) continue;
      requests += count;
      this.#costs[bucket]!.add(count);
      ofCaller.addCost(bucket, count);
      ofMethod.addCost(bucket, count);
    }
    if (requests === 0) return;
    const failed = counts[FAILED]!;
    counts.fill(0);
    this.requests += requests;
    this.failed += failed;
    this.#requestCount.add(requests);
    this.#failedCount.add(failed);
    for (const counters of [ofCaller, ofMethod, ofPair]) {
      counters.add("", requests);
      if (failed > 0) counters.add(" failed", failed);
    }
  }

  #find(request: RequestFacts): Series {
    return this.#pairs.get(request.caller)?.get(request.method) ?? this.#name(request);
  }

  /** Under what the request is counted: new names as long as there is room. */
  #name(request: RequestFacts): Series {
    const caller = this.#callerNames.nameOf(request.caller);
    const method = request.err === ERR_METHOD_UNKNOWN ? OTHER : this.#methodNames.nameOf(request.method);
    const known = this.#pairs.get(caller)?.get(method);
    if (known !== undefined) return known;
    const isFull = this.#all.length >= this.#limits.maxPairs;
    // At most one more for each caller.
    return isFull && method !== OTHER
      ? (this.#pairs.get(caller)?.get(OTHER) ?? this.#create(caller, OTHER))
      : this.#create(caller, method);
  }

  #create(caller: string, method: string): Series {
    const emitter = this.#emitter;
    const make = (prefix: string, words: string): CostCounters =>
      new CostCounters(emitter, { prefix, words, buckets: REQUEST_COST_BUCKETS });
    const ofCaller = this.#callers.get(caller) ?? make("frm.rpc caller [", caller);
    const ofMethod = this.#methods.get(method) ?? make("frm.rpc method [", method);
    const ofPair = make("frm.rpc caller:method [", `${caller}:${method}`);
    this.#callers.set(caller, ofCaller);
    this.#methods.set(method, ofMethod);
    const series = { caller, method, counts: new Float64Array(BUCKETS + 1), ofCaller, ofMethod, ofPair };
    const byMethod = this.#pairs.get(caller) ?? new Map<string, Series>();
    this.#pairs.set(caller, byMethod.set(method, series));
    this.#all.push(series);
    return series;
  }

  #error(err: number): MetricCounter {
    const known = this.#errors.get(err);
    if (known !== undefined) return known;
    const counter = this.#emitter.counter(metricName("frm.rpc ", srpcErrorText(err), ""));
    if (this.#errors.size < MAX_ERRORS) this.#errors.set(err, counter);
    return counter;
  }
}
