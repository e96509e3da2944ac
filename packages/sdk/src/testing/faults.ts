/** Faults that a test asks for: refused connections, and what happens to requests in place of their handler. */
import type { AppError, Clock, Random } from "@msec/core";
import type { CallContext, ServiceBinding } from "@msec/rpc";
import { FaultInjected } from "../errors.js";

/** How often a fault strikes. */
interface FaultLimits {
  /** Share of the requests (`refuse`: of the connections) it strikes, 0 to 1. Default 1. Drawn from the cluster's seed. */
  readonly rate?: number;
  /** Ends after having struck so often. Default: never. */
  readonly times?: number;
}

export type Fault = FaultLimits &
  (
    | {
        /** Connections are cut, and new ones refused. */
        readonly kind: "refuse";
      }
    | {
        /** The connection is cut when the request has arrived; its handler does not run. */
        readonly kind: "reset";
      }
    | {
        /** The request is never answered; its handler does not run. */
        readonly kind: "hang";
      }
    | {
        /** The handler runs later. */
        readonly kind: "delay";
        readonly delayMs: number;
      }
    | {
        /** The request is answered with an error; its handler does not run. */
        readonly kind: "error";
        /** Default EXEC_FAULT_INJECTED, which is UNAVAILABLE. */
        readonly error?: AppError;
      }
  );

/** Which instances and requests. */
export interface FaultPlace {
  /** Number of the instance, from 0. Default: all of the service. */
  readonly instance?: number;
  /** Name of the method as in the IDL. Default: all. `refuse` knows no methods. */
  readonly method?: string;
}

interface ActiveFault {
  readonly service: string;
  readonly place: FaultPlace;
  readonly fault: Fault;
  left: number;
}

/** What of an instance a fault can touch. */
export interface FaultyInstance {
  readonly service: string;
  readonly index: number;
  /** Cuts the connection of a caller, by its `ip:port`. */
  cutConnectionOf(peer: string): void;
}

type AnyHandler = (request: never, ctx: never) => unknown;

export class FaultBoard {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #active = new Set<ActiveFault>();

  constructor(clock: Clock, random: Random) {
    this.#clock = clock;
    this.#random = random;
  }

  /** @returns ends the fault */
  add(service: string, place: FaultPlace, fault: Fault): () => void {
    const active: ActiveFault = { service, place, fault, left: fault.times ?? Number.POSITIVE_INFINITY };
    this.#active.add(active);
    return () => void this.#active.delete(active);
  }

  clear(): void {
    this.#active.clear();
  }

  /** Whether a connection to the instance is refused now. */
  isRefusing(instance: FaultyInstance): boolean {
    return this.#strike(instance, (active) => active.fault.kind === "refuse") !== undefined;
  }

  /** The service's handlers, each behind the faults of this instance. */
  wrap(binding: ServiceBinding, instance: FaultyInstance): ServiceBinding {
    const owner = binding.handlers as Readonly<Record<string, AnyHandler | undefined>>;
    const handlers: Record<string, AnyHandler> = {};
    for (const name of Object.keys(binding.type.methods)) {
      const key = name.charAt(0).toLowerCase() + name.slice(1);
      const handler = owner[key] ?? owner[name];
      if (handler === undefined) continue; // the server says which one is missing
      const run = handler.bind(binding.handlers) as (request: unknown, ctx: unknown) => unknown;
      handlers[key] = (request: unknown, ctx: CallContext) => {
        const fault = this.#strike(
          instance,
          ({ fault: { kind }, place: { method } }) => kind !== "refuse" && (method === undefined || method === name),
        );
        return fault === undefined
          ? run(request, ctx)
          : this.#apply(fault, { instance, ctx, run: () => run(request, ctx) });
      };
    }
    return { type: binding.type, handlers };
  }

  #strike(instance: FaultyInstance, isMeant: (active: ActiveFault) => boolean): Fault | undefined {
    for (const active of this.#active) {
      const { service, place, fault } = active;
      if (service !== instance.service || (place.instance ?? instance.index) !== instance.index) continue;
      if (!isMeant(active)) continue;
      if (fault.rate !== undefined && this.#random() >= fault.rate) continue;
      if (--active.left <= 0) this.#active.delete(active);
      return fault;
    }
    return undefined;
  }

  async #apply(
    fault: Fault,
    to: { readonly instance: FaultyInstance; readonly ctx: CallContext; readonly run: () => unknown },
  ): Promise<unknown> {
    const { instance, ctx, run } = to;
    switch (fault.kind) {
      case "delay":
        await this.#clock.sleep(fault.delayMs, ctx.signal);
        return run();
      case "error":
        throw fault.error ?? new FaultInjected({ method: ctx.method });
      case "reset":
        instance.cutConnectionOf(ctx.peer);
        return untilForgotten(this.#clock, ctx.signal);
      default:
        return untilForgotten(this.#clock, ctx.signal);
    }
  }
}

/** Longer than the caller waits for an answer after the deadline that it told. */
const AFTER_END_MS = 1_000;

/** Never answers: ends when nobody can be waiting any more. */
async function untilForgotten(clock: Clock, signal: AbortSignal): Promise<never> {
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
  await clock.sleep(AFTER_END_MS);
  throw signal.reason;
}
