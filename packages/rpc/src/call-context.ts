import { AsyncLocalStorage } from "node:async_hooks";
import type { AppError } from "@msec/core";
import type { OutgoingCall } from "./call-events.js";
import type { Caller } from "./client/caller.js";

/**
 * What a handler knows about its request. Follows `async` calls and timers: see {@link currentContext}. Calls made with it are made in
 * the name of the request: flow id, colour, priority, trace parent and remaining time travel along, and they end with it.
 */
export interface CallContext extends Caller {
  /** Own name, `First.Second`. */
  readonly service: string;
  /** `package.Service.Method`. */
  readonly method: string;
  /** Name the caller gave itself; not verified. */
  readonly caller: string;
  /** Flow id of the end-user request, the same in every service it passes; unsigned decimal. */
  readonly requestId: string;
  /** 16 hexadecimal digits; id of the attempt that brought this request. */
  readonly spanId: string;
  /** Id of the attempt inside which the call was made; "" at the entrance. */
  readonly parentSpanId: string;
  /** This request is coloured: its logs are kept whatever their level. Set it to colour what follows, calls included. */
  coloring: boolean;
  /** Business priority, 0 to 127, more is more important; 64 when the caller told none. Calls made for this request inherit it. */
  priority: number;
  /** Hash of the end user, unsigned 32 bits; made from the flow id when the caller told none. Calls inherit it. */
  userHash: number;
  /** 0 = first try of the caller. */
  readonly attempt: number;
  /** `ip:port` of the caller. */
  readonly peer: string;
  readonly protocol: "srpc" | "http";
  /** What is left of the caller's deadline, ms; Infinity when it told none; never negative. */
  remainingMs(): number;
  /** Aborted at the deadline, when the caller gives up and when its connection is lost. */
  readonly signal: AbortSignal;
}

/** A call made in the course of a request: it ends with the request. */
export interface NestedCall {
  /** Nobody waits for the request any more. */
  cancel(reason: AppError): void;
}

/** What a nested call takes from the request it is made in. */
export interface CallParent {
  readonly flowIdHigh: number;
  readonly flowIdLow: number;
  readonly spanIdHigh: number;
  readonly spanIdLow: number;
  readonly coloring: boolean;
  readonly priority: number;
  readonly userHash: number;
  /** Monotonic; Infinity = none. */
  readonly deadlineMs: number;
  /** From now on `call` hears when the request is given up. Returns why, when it was already: then the call must not start. */
  attach(call: NestedCall): AppError | undefined;
  /** The call is over. */
  detach(call: NestedCall): void;
  noteCall(call: OutgoingCall): void;
}

const storage = new AsyncLocalStorage<CallContext & CallParent>();

/** The request in whose course this code runs, through `await`, timers and helper functions; undefined outside of any. */
export function currentContext(): CallContext | undefined {
  return storage.getStore();
}

export function currentParent(): CallParent | undefined {
  return storage.getStore();
}

/** Runs `work` as part of the request `context`; for callbacks that lost it (event emitters, pools of other libraries). */
export function runInContext<T>(context: CallContext, work: () => T): T {
  return storage.run(context as CallContext & CallParent, work);
}

/** Runs `work` outside of any request, so that what lives longer (sockets) doesn't keep one in memory. */
export function runOutsideContext<T>(work: () => T): T {
  return storage.getStore() === undefined ? work() : storage.exit(work);
}

/** As {@link runInContext} for a handler, without a closure. */
export function runHandler<C extends CallContext & CallParent>(
  handler: (request: unknown, context: C) => unknown,
  request: unknown,
  context: C,
): unknown {
  return storage.run(context, handler, request, context);
}
