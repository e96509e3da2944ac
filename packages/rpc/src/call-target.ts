import { AddressInvalid, parseHostPort, parseServiceName } from "@msec/core";
import type { CallPlace } from "./channel-pool.js";
import { TargetInvalid } from "./errors.js";
import { RetryBudget, type RetryBudgetOptions } from "./retry-budget.js";

/** What is kept per target text. */
export interface CallTarget {
  /** The address of `ip:port@tcp` or `…@udp`; undefined for names, which the picker resolves. */
  readonly direct: CallPlace | undefined;
  readonly budget: RetryBudget;
}

/** More are forgotten: targets are a handful of names, unless somebody makes them up. */
const MAX_TARGETS = 4096;

export class CallTargets {
  readonly #budget: RetryBudgetOptions | undefined;
  readonly #targets = new Map<string, CallTarget>();

  constructor(budget: RetryBudgetOptions | undefined) {
    this.#budget = budget;
  }

  /** @throws RPC_TARGET_INVALID */
  of(target: string): CallTarget {
    return this.#targets.get(target) ?? this.#add(target);
  }

  #add(target: string): CallTarget {
    const made = { direct: parseTarget(target), budget: new RetryBudget(this.#budget) };
    if (this.#targets.size >= MAX_TARGETS) this.#targets.clear();
    this.#targets.set(target, made);
    return made;
  }
}

function parseTarget(target: string): CallPlace | undefined {
  const [address = "", transport, ...rest] = target.split("@");
  if (rest.length > 0) throw new TargetInvalid({ target, problem: "more than one @" });
  try {
    if (transport === undefined && !target.includes(":")) {
      parseServiceName(target);
      return undefined;
    }
    const parsed = parseHostPort(address);
    if (transport === undefined || transport === "tcp") return { ...parsed, transport: "tcp" };
    if (transport === "udp") return { ...parsed, transport };
    throw new AddressInvalid({ field: "transport", value: transport });
  } catch (cause) {
    throw new TargetInvalid({ target, problem: cause instanceof Error ? cause.message : "" }, { cause });
  }
}
