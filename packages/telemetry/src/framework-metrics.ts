/**
 * The metrics that every service has without doing anything. Names: docs/reference/metrics.md.
 *
 * Names with a peer's words in them (caller, target, method) are made once and kept; a peer that invents new ones all the time ends
 * up under `other`, so that it can't fill memory or the metric store.
 */
import { srpcErrorText } from "@msec/protocol";
import type { MetricCounter, MetricEmitter } from "./metric-emitter.js";

/** What is read of an incoming request. `IncomingRequest` of `@msec/rpc` has this shape. */
export interface RequestFacts {
  readonly caller: string;
  readonly costMs: number;
  /** 0 = ok. */
  readonly err: number;
}

/** What is read of an outgoing call. `OutgoingCall` of `@msec/rpc` has this shape. */
export interface CallFacts {
  readonly target: string;
  readonly method: string;
  readonly costMs: number;
  readonly err: number;
}

type Bucket = readonly [belowMs: number, name: string];

/** Costs of calls, as the original named them. */
const CALL_BUCKETS: readonly Bucket[] = [
  [1, "0~1ms"],
  [2, "1~2ms"],
  [5, "2~5ms"],
  [10, "5~10ms"],
  [20, "10~20ms"],
  [50, "20~50ms"],
  [100, "50~100ms"],
  [200, "100~200ms"],
  [500, "200~500ms"],
  [1_000, "500~1s"],
  [Number.POSITIVE_INFINITY, "1s+"],
];

/** Costs of requests: most of them take less than a millisecond, so the first bucket is split. */
const REQUEST_BUCKETS: readonly Bucket[] = [
  [0.1, "0~0.1ms"],
  [0.2, "0.1~0.2ms"],
  [0.5, "0.2~0.5ms"],
  [1, "0.5~1ms"],
  ...CALL_BUCKETS.slice(1),
];

/** Names of the cost buckets, in order. */
export const CALL_COST_BUCKETS: readonly string[] = CALL_BUCKETS.map(([, name]) => name);
export const REQUEST_COST_BUCKETS: readonly string[] = REQUEST_BUCKETS.map(([, name]) => name);

/** Number of the bucket of a call; lower bounds are inclusive. */
export function callCostBucket(costMs: number): number {
  return bucketOf(CALL_BUCKETS, costMs);
}

/** Number of the bucket of a request; lower bounds are inclusive. */
export function requestCostBucket(costMs: number): number {
  return bucketOf(REQUEST_BUCKETS, costMs);
}

function bucketOf(buckets: readonly Bucket[], costMs: number): number {
  let index = 0;
  while (index < buckets.length - 1 && costMs >= (buckets[index]?.[0] ?? 0)) index += 1;
  return index;
}

export interface FrameworkMetricsOptions {
  /** Different callers. Default 200. */
  readonly maxCallers?: number;
  /** Different pairs of callee and method. Default 500. */
  readonly maxCallees?: number;
}

const OTHER = "other";
const MAX_NAME_LENGTH = 127;

/** `prefix + [words] + suffix`; a name that is too long loses the end of the words. Only printable ASCII of the words is kept. */
function named(prefix: string, words: string, suffix: string): string {
  const room = MAX_NAME_LENGTH - prefix.length - suffix.length;
  return prefix + words.replace(/[^\x20-\x7e]/g, "?").slice(0, Math.max(0, room)) + suffix;
}

interface CallCounters {
  readonly calls: MetricCounter;
  readonly successes: MetricCounter;
  readonly costs: readonly MetricCounter[];
  readonly failures: Map<number, MetricCounter>;
}

export class FrameworkMetrics {
  readonly #emitter: MetricEmitter;
  readonly #maxCallers: number;
  readonly #maxCallees: number;
  readonly #requests: MetricCounter;
  readonly #failed: MetricCounter;
  readonly #costs: readonly MetricCounter[];
  readonly #errors = new Map<string, MetricCounter>();
  readonly #callers = new Map<string, MetricCounter>();
  readonly #callees = new Map<string, Map<string, CallCounters>>();
  readonly #routeFailures = new Map<string, MetricCounter>();
  #calleeCount = 0;
  #other: CallCounters | undefined;

  constructor(emitter: MetricEmitter, options: FrameworkMetricsOptions = {}) {
    this.#emitter = emitter;
    this.#maxCallers = options.maxCallers ?? 200;
    this.#maxCallees = options.maxCallees ?? 500;
    this.#requests = emitter.counter("frm.rpc requests");
    this.#failed = emitter.counter("frm.rpc requests failed");
    this.#costs = REQUEST_COST_BUCKETS.map((bucket) => emitter.counter(`frm.rpc request cost [${bucket}]`));
  }

  onRequest(request: RequestFacts): void {
    this.#requests.add();
    this.#costs[requestCostBucket(request.costMs)]?.add();
    this.#caller(request.caller).add();
    if (request.err === 0) return;
    this.#failed.add();
    const text = srpcErrorText(request.err);
    let counter = this.#errors.get(text);
    if (!counter) {
      counter = this.#emitter.counter(named("frm.rpc ", text, ""));
      this.#errors.set(text, counter);
    }
    counter.add();
  }

  onCall(call: CallFacts): void {
    const counters = this.#callee(call.target, call.method);
    counters.calls.add();
    if (call.err === 0) {
      counters.successes.add();
      counters.costs[callCostBucket(call.costMs)]?.add();
      return;
    }
    let failure = counters.failures.get(call.err);
    if (!failure) {
      const isOther = counters.failures.size >= 32;
      const subject = this.#subject(call, counters);
      const text = isOther ? OTHER : srpcErrorText(call.err);
      failure = this.#emitter.counter(named("frm.rpc call [", subject, `] fail:${text}`));
      if (!isOther) counters.failures.set(call.err, failure);
    }
    failure.add();
  }

  /** No instance of a service could be chosen. */
  onRouteFailed(service: string): void {
    const key = this.#routeFailures.has(service) || this.#routeFailures.size < this.#maxCallees ? service : OTHER;
    let counter = this.#routeFailures.get(key);
    if (!counter) {
      counter = this.#emitter.counter(named("frm.rpc get route failed [", key, "]"));
      this.#routeFailures.set(key, counter);
    }
    counter.add();
  }

  #caller(name: string): MetricCounter {
    const known = this.#callers.get(name);
    if (known) return known;
    const key = this.#callers.size < this.#maxCallers ? name : OTHER;
    const counter = this.#emitter.counter(named("frm.rpc caller [", key, "]"));
    if (key === name) this.#callers.set(name, counter);
    return counter;
  }

  #callee(target: string, method: string): CallCounters {
    const known = this.#callees.get(target)?.get(method);
    if (known) return known;
    if (this.#calleeCount >= this.#maxCallees) return this.#otherCallee();
    this.#calleeCount += 1;
    const counters = this.#createCallee(target, `${target}:${method}`);
    const methods = this.#callees.get(target) ?? new Map<string, CallCounters>();
    this.#callees.set(target, methods.set(method, counters));
    return counters;
  }

  #otherCallee(): CallCounters {
    this.#other ??= this.#createCallee(OTHER, OTHER);
    return this.#other;
  }

  #subject(call: CallFacts, counters: CallCounters): string {
    return counters === this.#other ? OTHER : `${call.target}:${call.method}`;
  }

  #createCallee(target: string, subject: string): CallCounters {
    const name = (suffix: string): string => named("frm.rpc call [", subject, `]${suffix}`);
    return {
      calls: this.#emitter.counter(name("")),
      successes: this.#emitter.counter(name(" success")),
      costs: CALL_COST_BUCKETS.map((bucket) =>
        this.#emitter.counter(named("frm.rpc call [", target, `] cost [${bucket}]`)),
      ),
      failures: new Map(),
    };
  }
}
