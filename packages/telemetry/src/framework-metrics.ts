/**
 * The metrics that every service has without doing anything. Names: docs/reference/metrics.md.
 *
 * Nothing on the way of a request or call makes a name, an object or a system call; once a second what was counted is handed to the
 * {@link MetricEmitter}. Words of a peer (caller, target, method) become names up to a limit, what comes above is counted under
 * `other`, so that a peer that invents names can fill neither memory nor the metric store.
 */
import { type CallFacts, CallMetrics } from "./call-metrics.js";
import { DELAY_BUCKETS, delayBucket } from "./cost-buckets.js";
import type { MetricCounter, MetricEmitter } from "./metric-emitter.js";
import { BoundedNames, metricName, OTHER } from "./metric-name.js";
import { type RequestFacts, RequestMetrics } from "./request-metrics.js";

export interface FrameworkMetricsOptions {
  /** Different callers. Default 200. */
  readonly maxCallers?: number;
  /** Different methods of incoming requests. Default 100. */
  readonly maxMethods?: number;
  /** Different pairs of caller and method of incoming requests. Default 300. */
  readonly maxPairs?: number;
  /** Different pairs of callee and method. Default 500. */
  readonly maxCallees?: number;
}

/** What the process has done since its start; the numbers behind `msec stat`. */
export interface FrameworkTotals {
  /** Requests answered, refused ones included. */
  readonly requests: number;
  readonly failed: number;
  /** Requests by cost: number `i` counts those from `TOTAL_COST_STEPS_MS[i]` ms up to the next one. */
  readonly costSteps: readonly number[];
  /** Refusals by cause. */
  readonly refused: Readonly<Record<string, number>>;
  /** Attempts of outgoing calls. */
  readonly calls: number;
  readonly callsFailed: number;
}

const MAX_CAUSES = 32;
/** The cause under which requests that waited for longer than `msg_timeout` are refused. */
const CAUSE_TOO_OLD = "msg_timeout";

interface RefusedCount {
  total: number;
  readonly counter: MetricCounter;
  /** The name that old dashboards know. */
  readonly original: MetricCounter | undefined;
}

export class FrameworkMetrics {
  readonly #emitter: MetricEmitter;
  readonly #requests: RequestMetrics;
  readonly #calls: CallMetrics;
  readonly #routeNames: BoundedNames;
  readonly #refused = new Map<string, RefusedCount>();
  readonly #delays = new Float64Array(DELAY_BUCKETS.length);

  constructor(emitter: MetricEmitter, options: FrameworkMetricsOptions = {}) {
    const { maxCallers = 200, maxMethods = 100, maxPairs = 300, maxCallees = 500 } = options;
    this.#emitter = emitter;
    this.#requests = new RequestMetrics(emitter, { maxCallers, maxMethods, maxPairs });
    this.#calls = new CallMetrics(emitter, maxCallees);
    this.#routeNames = new BoundedNames(maxCallees);
    emitter.onFlush(() => this.#collect());
  }

  /** A request was answered, or refused. */
  onRequest(request: RequestFacts): void {
    this.#requests.onRequest(request);
  }

  /** An attempt of an outgoing call ended. */
  onCall(call: CallFacts): void {
    this.#calls.onCall(call);
  }

  /** No instance of a service could be chosen. */
  onRouteFailed(service: string): void {
    const name = this.#routeNames.nameOf(service);
    this.#emitter.add(metricName("frm.rpc get route failed [", name, "]"));
  }

  /**
   * A request was refused before its work began; it is told to `onRequest` as well.
   *
   * @param cause a constant word or two, such as `concurrency`; `msg_timeout` also counts as the original's `frm.worker overload`
   */
  onRefused(cause: string): void {
    const refused = this.#refused.get(cause) ?? this.#nameCause(cause);
    refused.total++;
    refused.counter.add();
    refused.original?.add();
  }

  /** A request had waited so long when its work began, or when it was refused for it. */
  onDelay(delayMs: number): void {
    this.#delays[delayBucket(delayMs)]!++;
  }

  /** Sums since the start. Cheap: meant to be asked once a second. In-flight, connections and bytes are the server's to tell. */
  totals(): FrameworkTotals {
    this.#collect();
    const { requests, failed } = this.#requests;
    return {
      requests,
      failed,
      costSteps: this.#requests.costSteps(),
      refused: Object.fromEntries([...this.#refused].map(([cause, { total }]) => [cause, total])),
      calls: this.#calls.calls,
      callsFailed: this.#calls.failed,
    };
  }

  #nameCause(cause: string): RefusedCount {
    const name = this.#refused.size < MAX_CAUSES ? cause : OTHER;
    const known = this.#refused.get(name);
    if (known !== undefined) return known;
    const created = {
      total: 0,
      counter: this.#emitter.counter(metricName("frm.rpc refused [", name, "]")),
      original: cause === CAUSE_TOO_OLD ? this.#emitter.counter("frm.worker overload") : undefined,
    };
    this.#refused.set(name, created);
    return created;
  }

  #collect(): void {
    this.#requests.collect();
    this.#calls.collect();
    for (let bucket = 0; bucket < DELAY_BUCKETS.length; bucket++) {
      const count = this.#delays[bucket]!;
      if (count > 0) this.#emitter.add(`frm.worker [proxy->worker] delay ${DELAY_BUCKETS[bucket]}`, count);
    }
    this.#delays.fill(0);
  }
}
