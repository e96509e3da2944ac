/** The service that runs in this process, for functions that author's code calls without a context at hand. */
import { AsyncLocalStorage } from "node:async_hooks";
import { type CallOutcome, currentContext as currentCallContext } from "@msec/rpc";
import type { ServiceApp, ServiceContext } from "./define-service.js";
import { NoRuntime } from "./errors.js";
import type { ForeignCalls, UseOptions } from "./picking/foreign-calls.js";
import type { Route } from "./picking/table-picker.js";

export interface Runtime {
  readonly app: ServiceApp;
  readonly foreign: ForeignCalls;
}

/** The service that the contexts of its requests lead to. */
export const RUNTIME = Symbol("msec.runtime");

let current: Runtime | undefined;
/** Made where several services share a process: each store costs every promise a little. */
let scopes: AsyncLocalStorage<Runtime> | undefined;

/** @param ifApp only when this one is current */
export function setRuntime(runtime: Runtime | undefined, ifApp?: ServiceApp): void {
  if (ifApp === undefined || current?.app === ifApp) current = runtime;
}

/** What `work` and the code it starts belong to, outside of requests; for processes with several services. */
export function runAs<T>(runtime: Runtime, work: () => T): T {
  scopes ??= new AsyncLocalStorage();
  return scopes.run(runtime, work);
}

function runtimeOf(operation: string): Runtime {
  const context = currentCallContext() as { readonly [RUNTIME]?: Runtime } | undefined;
  const found = context?.[RUNTIME] ?? scopes?.getStore() ?? current;
  if (!found) throw new NoRuntime({ operation });
  return found;
}

/** The request in whose course this code runs, through `await`, timers and helper functions; undefined outside of any. */
export function currentContext(): ServiceContext | undefined {
  return currentCallContext() as ServiceContext | undefined;
}

/** The running service, wherever the code stands. @throws EXEC_NO_RUNTIME */
export function currentApp(): ServiceApp {
  return runtimeOf("currentApp").app;
}

/**
 * An instance of a service that speaks a protocol of its own (MySQL, Redis, HTTP, …), chosen like those of SRPC services. Tell how it
 * went with {@link updateRoute}; {@link withRoute} does both.
 *
 * @throws NAME_SERVICE_UNKNOWN, LB_NO_INSTANCE, LB_NO_INSTANCE_IN_SET, EXEC_NO_RUNTIME
 */
export function getRoute(service: string): Route {
  return runtimeOf("getRoute").foreign.getRoute(service);
}

/**
 * How a use of a route went.
 *
 * @param ok true, false, or more exactly: `refused` and `reset` connections and timeouts say more than an error
 * @param costMs from the request to the answer
 */
export function updateRoute(
  service: string,
  ip: string,
  port: number,
  ok: boolean | CallOutcome,
  costMs: number,
): void {
  const outcome = typeof ok === "string" ? ok : ok ? "success" : "error";
  runtimeOf("updateRoute").foreign.updateRoute(service, { ip, port, outcome, costMs });
}

/**
 * Uses an instance of a foreign service: picks one, counts it in flight while `work` runs, measures, reports, and notes it in the
 * request's record. `signal` is aborted when the request's time is over, its caller is gone, or `timeoutMs` passed.
 *
 *   const rows = await withRoute("Database.mysql", ({ ip, port }) => poolOf(ip, port).query(sql), { operation: "SELECT" });
 *
 * @throws what `work` throws, NAME_SERVICE_UNKNOWN, LB_NO_INSTANCE, LB_NO_INSTANCE_IN_SET, EXEC_NO_RUNTIME
 */
export function withRoute<T>(
  service: string,
  work: (route: Route, signal: AbortSignal) => T | Promise<T>,
  options?: UseOptions,
): Promise<T> {
  return runtimeOf("withRoute").foreign.withRoute(service, work, options);
}
