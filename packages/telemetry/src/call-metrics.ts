/** Counts of outgoing calls, by attempt. Like those of requests: one number per attempt, names once a second. */
import { ERROR_CODES } from "@msec/core";
import { srpcErrorText } from "@msec/protocol";
import { CALL_COST_BUCKETS, callCostBucket } from "./cost-buckets.js";
import { CostCounters } from "./cost-counters.js";
import type { MetricEmitter } from "./metric-emitter.js";
import { OTHER } from "./metric-name.js";

/** What is read of an outgoing call. `OutgoingCall` of `@msec/rpc` has this shape. */
export interface CallFacts {
  readonly target: string;
  readonly method: string;
  readonly costMs: number;
  readonly err: number;
}

const BUCKETS = CALL_COST_BUCKETS.length;
const MAX_FAILURES = 32;
/** Nobody wanted the answer any more, as of the slower attempt of a hedged call: that says nothing against the callee. */
const ERR_CANCELLED = ERROR_CODES.CANCELLED.rpcNumber;

/** Attempts of one method of one callee. */
interface Series {
  readonly target: string;
  readonly method: string;
  /** Successes by cost since the last collection. */
  readonly costs: Float64Array;
  /** What did not succeed, by number, since the last collection. */
  readonly failures: Map<number, number>;
  readonly ofMethod: CostCounters;
  readonly ofTarget: CostCounters;
}

export class CallMetrics {
  /** Since the start. */
  calls = 0;
  failed = 0;
  readonly #emitter: MetricEmitter;
  readonly #maxCallees: number;
  readonly #targets = new Map<string, CostCounters>();
  readonly #series = new Map<string, Map<string, Series>>();
  readonly #all: Series[] = [];
  #other: Series | undefined;
  #last: Series | undefined;

  constructor(emitter: MetricEmitter, maxCallees: number) {
    this.#emitter = emitter;
    this.#maxCallees = maxCallees;
  }

  onCall(call: CallFacts): void {
    const { target, method, err } = call;
    let series = this.#last;
    if (series === undefined || series.method !== method || series.target !== target) {
      series = this.#series.get(target)?.get(method) ?? this.#name(target, method);
      this.#last = series;
    }
    if (err === 0) series.costs[callCostBucket(call.costMs)]!++;
    else {
      const { failures } = series;
      const key = failures.has(err) || failures.size < MAX_FAILURES ? err : 0;
      failures.set(key, (failures.get(key) ?? 0) + 1);
    }
  }

  collect(): void {
    for (const series of this.#all) this.#collect(series);
  }

  #collect({ costs, failures, ofMethod, ofTarget }: Series): void {
    let successes = 0;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      const count = costs[bucket]!;
      if (count === 0) continue;
      successes += count;
      ofTarget.addCost(bucket, count);
      if (ofMethod !== ofTarget) ofMethod.addCost(bucket, count);
    }
    const cancelled = failures.get(ERR_CANCELLED) ?? 0;
    failures.delete(ERR_CANCELLED);
    let failed = 0;
    for (const [err, count] of failures) {
      failed += count;
      ofMethod.add(` fail:${err === 0 ? OTHER : srpcErrorText(err)}`, count);
    }
    const attempts = successes + failed + cancelled;
    if (attempts === 0) return;
    costs.fill(0);
    failures.clear();
    this.calls += attempts;
    this.failed += failed;
    ofMethod.add("", attempts);
    if (cancelled > 0) ofMethod.add(" cancelled", cancelled);
    if (successes > 0) ofMethod.add(" success", successes);
  }

  #name(target: string, method: string): Series {
    if (this.#all.length >= this.#maxCallees) {
      this.#other ??= this.#create(OTHER, "");
      return this.#other;
    }
    const series = this.#create(target, method);
    const methods = this.#series.get(target) ?? new Map<string, Series>();
    this.#series.set(target, methods.set(method, series));
    return series;
  }

  #create(target: string, method: string): Series {
    const make = (words: string): CostCounters =>
      new CostCounters(this.#emitter, { prefix: "frm.rpc call [", words, buckets: CALL_COST_BUCKETS });
    const ofTarget = this.#targets.get(target) ?? make(target);
    this.#targets.set(target, ofTarget);
    const ofMethod = method === "" ? ofTarget : make(`${target}:${method}`);
    const series = { target, method, costs: new Float64Array(BUCKETS), failures: new Map(), ofMethod, ofTarget };
    this.#all.push(series);
    return series;
  }
}
