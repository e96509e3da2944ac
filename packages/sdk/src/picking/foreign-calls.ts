/**
 * Uses of foreign instances with whatever client library: picked and reported like calls, and noted like them in metrics and in the
 * record of the request they are made for.
 */
import { type Clock, formatHostPort, isAppError, random32 } from "@msec/core";
import { wireErrorOf } from "@msec/protocol";
import { type CallOutcome, type CallParent, currentContext, type OutgoingCall, spanText } from "@msec/rpc";
import { ForeignCallFailed, ServiceUnknown } from "../errors.js";
import { outcomeOfError } from "./route-outcome.js";
import type { Route, RouteResult, TablePicker } from "./table-picker.js";

export interface UseOptions {
  /** Stands for the method in metrics and call graphs. Default `use`. */
  readonly operation?: string;
  /** Aborts `signal` after so long; the rest of the request's time does so in any case. */
  readonly timeoutMs?: number;
  /**
   * What an error says about the instance; undefined = as by default (codes of sockets and drivers, else `error`). Give `success` for
   * errors that are answers, such as a duplicate key.
   */
  readonly outcomeOf?: (error: unknown) => CallOutcome | undefined;
}

export interface ForeignCallsOptions {
  /** Undefined where there is no home, and so no name. */
  readonly picker: TablePicker | undefined;
  readonly clock: Clock;
  readonly onCall: (call: OutgoingCall) => void;
}

/** One use that ended. */
interface Ended extends RouteResult {
  readonly service: string;
  readonly operation: string;
  readonly error?: unknown;
}

export class ForeignCalls {
  readonly #options: ForeignCallsOptions;

  constructor(options: ForeignCallsOptions) {
    this.#options = options;
  }

  /** @throws NAME_SERVICE_UNKNOWN, LB_NO_INSTANCE, LB_NO_INSTANCE_IN_SET */
  getRoute(service: string): Route {
    const { picker } = this.#options;
    if (picker === undefined) throw new ServiceUnknown({ service, path: "no MSEC_HOME given" });
    return picker.getRoute(service);
  }

  updateRoute(service: string, result: RouteResult & { readonly operation?: string }): void {
    this.#end({ operation: "use", ...result, service });
  }

  /** @throws what `work` throws, and as `getRoute` */
  async withRoute<T>(
    service: string,
    work: (route: Route, signal: AbortSignal) => T | Promise<T>,
    { operation = "use", timeoutMs, outcomeOf }: UseOptions = {},
  ): Promise<T> {
    const { clock } = this.#options;
    const given = currentContext()?.signal;
    given?.throwIfAborted();
    const route = this.getRoute(service);
    const late = new AbortController();
    const timer = timeoutMs === undefined ? undefined : setTimeout(() => late.abort(tooLate()), timeoutMs);
    const startedMs = clock.monotonicMs();
    const tell = (outcome: CallOutcome, error?: unknown): void => {
      const costMs = clock.monotonicMs() - startedMs;
      this.#end({ service, operation, ip: route.ip, port: route.port, outcome, costMs, error });
    };
    try {
      const result = await work(route, given ? AbortSignal.any([given, late.signal]) : late.signal);
      tell("success");
      return result;
    } catch (error) {
      tell(outcomeOf?.(error) ?? abortOutcome(late.signal, given) ?? outcomeOfError(error), error);
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  #end(ended: Ended): void {
    const { picker, onCall } = this.#options;
    picker?.updateRoute(ended.service, ended);
    const call = new ForeignCall(ended, this.#options.clock);
    (currentContext() as unknown as CallParent | undefined)?.noteCall(call);
    onCall(call);
  }
}

function tooLate(): DOMException {
  return new DOMException("no answer within timeoutMs", "TimeoutError");
}

/** The time was over: the instance was too slow. The caller went away: nothing is known. */
function abortOutcome(late: AbortSignal, given: AbortSignal | undefined): CallOutcome | undefined {
  if (late.aborted) return "timeout";
  if (given?.aborted !== true) return undefined;
  return currentContext()?.remainingMs() === 0 ? "timeout" : "cancelled";
}

class ForeignCall implements OutgoingCall {
  readonly spanIdHigh = random32();
  readonly spanIdLow = random32();
  readonly attempt = 0;
  readonly target: string;
  readonly method: string;
  readonly address: string;
  readonly costMs: number;
  readonly startedMs: number;
  readonly startedAtMs: number;
  readonly err: number;
  readonly reason: string;

  constructor(ended: Ended, clock: Clock) {
    const { service, operation, ip, port, costMs } = ended;
    this.target = service;
    this.method = operation;
    this.address = formatHostPort({ host: ip, port });
    this.costMs = costMs;
    this.startedMs = clock.monotonicMs() - costMs;
    this.startedAtMs = Math.round(clock.nowMs() - costMs);
    const wire = wireOf(ended, this.address);
    this.err = wire.err;
    this.reason = wire.reason;
  }

  get spanId(): string {
    return spanText(this.spanIdHigh, this.spanIdLow);
  }
}

function wireOf(
  { service, outcome, error }: Ended,
  address: string,
): { readonly err: number; readonly reason: string } {
  if (error === undefined && outcome === "success") return { err: 0, reason: "" };
  if (isAppError(error)) return wireErrorOf(error);
  const problem = error instanceof Error ? error.message : outcome;
  return wireErrorOf(new ForeignCallFailed({ service, address, problem }));
}
