import { AddressInvalid, parseHostPort, parseServiceName } from "@msec/core";
import type { MethodType } from "@msec/protocol";
import { TargetInvalid } from "../errors.js";
import type { TargetOptions } from "./call-options.js";
import type { CallPlace } from "./channel-pool.js";
import { LatencyQuantile } from "./latency-quantile.js";
import type { Picker, RetryTokens } from "./picker.js";
import { RetryBudget, type RetryBudgetOptions } from "./retry-budget.js";

/** What is kept per target text. */
export class CallTarget {
  /** The address of `ip:port@tcp` or `…@udp`; undefined for names, which the picker resolves. */
  readonly direct: CallPlace | undefined;
  readonly budget: RetryTokens;
  readonly options: TargetOptions;
  readonly #latencies = new Map<MethodType, LatencyQuantile>();

  constructor(direct: CallPlace | undefined, budget: RetryTokens, options: TargetOptions) {
    this.direct = direct;
    this.budget = budget;
    this.options = options;
  }

  /** Known for methods that are hedged by their own latency. */
  latencyOf(method: MethodType): LatencyQuantile {
    let latency = this.#latencies.get(method);
    if (latency === undefined) {
      latency = new LatencyQuantile();
      this.#latencies.set(method, latency);
    }
    return latency;
  }
}

/** More are forgotten: targets are a handful of names, unless somebody makes them up. */
const MAX_TARGETS = 4096;

export interface CallTargetsOptions {
  readonly picker: Picker;
  /** Of targets whose budget the picker does not keep. */
  readonly budget: RetryBudgetOptions | undefined;
  readonly defaults: TargetOptions;
  readonly targets: Readonly<Record<string, TargetOptions>>;
}

export class CallTargets {
  readonly #options: CallTargetsOptions;
  readonly #targets = new Map<string, CallTarget>();
  #lastText = "";
  #last: CallTarget | undefined;

  constructor(options: CallTargetsOptions) {
    this.#options = options;
  }

  /** @throws RPC_TARGET_INVALID */
  of(target: string): CallTarget {
    if (target === this.#lastText && this.#last !== undefined) return this.#last;
    const found = this.#targets.get(target) ?? this.#add(target);
    this.#lastText = target;
    this.#last = found;
    return found;
  }

  #add(target: string): CallTarget {
    const { picker, budget, defaults, targets } = this.#options;
    const direct = parseTarget(target);
    const shared = direct === undefined ? picker.budget?.(target) : undefined;
    const own = Object.hasOwn(targets, target) ? targets[target] : undefined;
    const made = new CallTarget(direct, shared ?? new RetryBudget(budget), { ...defaults, ...own });
    if (this.#targets.size >= MAX_TARGETS) this.#targets.clear();
    this.#targets.set(target, made);
    return made;
  }
}

function parseTarget(target: string): CallPlace | undefined {
  if (typeof target !== "string") throw new TargetInvalid({ target: String(target), problem: "it is no text" });
  const [address = "", transport, ...rest] = target.split("@");
  if (rest.length > 0) throw new TargetInvalid({ target, problem: "more than one @" });
  try {
    if (transport === undefined && !target.includes(":")) {
      parseServiceName(target);
      return undefined;
    }
    const parsed = parseHostPort(address);
    if (transport === undefined || transport === "tcp") return { ...parsed, transport: "tcp" };
    if (transport === "udp" || transport === "tls") return { ...parsed, transport };
    throw new AddressInvalid({ field: "transport", value: transport });
  } catch (cause) {
    throw new TargetInvalid({ target, problem: cause instanceof Error ? cause.message : "" }, { cause });
  }
}
