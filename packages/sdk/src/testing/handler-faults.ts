/** Faults that befall requests in place of their handler. */
import type { Clock } from "@msec/core";
import type { CallContext, ServiceBinding } from "@msec/rpc";
import { FaultInjected } from "../errors.js";
import type { FaultBoard } from "./fault-board.js";
import { HANDLER_FAULTS, type HandlerFault, type Station } from "./fault-kinds.js";

/** What of an instance a fault can touch. */
export interface FaultyInstance {
  readonly station: Station;
  /** Who calls from this `ip:port`. */
  stationAt(peer: string): Station;
  /** Cuts the connection of a caller, by its `ip:port`. */
  cutConnectionOf(peer: string): void;
}

type AnyHandler = (request: never, ctx: never) => unknown;

/** The service's handlers, each behind the faults of this instance. */
export function wrapHandlers(
  binding: ServiceBinding,
  instance: FaultyInstance,
  on: { readonly faults: FaultBoard; readonly clock: Clock },
): ServiceBinding {
  const owner = binding.handlers as Readonly<Record<string, AnyHandler | undefined>>;
  const handlers: Record<string, AnyHandler> = {};
  for (const name of Object.keys(binding.type.methods)) {
    const key = name.charAt(0).toLowerCase() + name.slice(1);
    const handler = owner[key] ?? owner[name];
    if (handler === undefined) continue; // the server says which one is missing
    const run = handler.bind(binding.handlers) as (request: unknown, ctx: unknown) => unknown;
    handlers[key] = (request: unknown, ctx: CallContext) => {
      const ends = { from: instance.stationAt(ctx.peer), to: instance.station };
      const fault = on.faults.strike(ends, HANDLER_FAULTS, (_fault, { method = name }) => method === name);
      if (fault === undefined) return run(request, ctx);
      return applyFault(fault, { instance, clock: on.clock, ctx, run: () => run(request, ctx) });
    };
  }
  return { type: binding.type, handlers };
}

interface StruckRequest {
  readonly instance: FaultyInstance;
  readonly clock: Clock;
  readonly ctx: CallContext;
  readonly run: () => unknown;
}

async function applyFault(fault: HandlerFault, { instance, clock, ctx, run }: StruckRequest): Promise<unknown> {
  switch (fault.kind) {
    case "delay":
      await clock.sleep(fault.delayMs, ctx.signal);
      return run();
    case "error":
      throw fault.error ?? new FaultInjected({ method: ctx.method });
    case "reset":
      if (fault.when === "after") await run();
      instance.cutConnectionOf(ctx.peer);
      return untilForgotten(clock, ctx.signal);
    default:
      return untilForgotten(clock, ctx.signal);
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
