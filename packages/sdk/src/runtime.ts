/** The service that runs in this process, for functions that author's code calls without a context at hand. */
import { AsyncLocalStorage } from "node:async_hooks";
import { currentContext as currentCallContext, type Picker } from "@msec/rpc";
import type { ServiceApp, ServiceContext } from "./define-service.js";
import { NoRuntime } from "./errors.js";
import { type Route, TablePicker } from "./table-picker.js";

export interface Runtime {
  readonly app: ServiceApp;
  readonly picker: Picker;
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
 * went with {@link updateRoute}.
 *
 * @throws NAME_SERVICE_UNKNOWN, LB_NO_INSTANCE, EXEC_NO_RUNTIME
 */
export function getRoute(service: string): Route {
  const { picker } = runtimeOf("getRoute");
  if (picker instanceof TablePicker) return picker.getRoute(service);
  const { host, port, transport } = picker.pick(service, []);
  return { ip: host, port, transport };
}

/** How a use of a route went. @param costMs from the request to the answer */
export function updateRoute(service: string, ip: string, port: number, ok: boolean, costMs: number): void {
  const { picker } = runtimeOf("updateRoute");
  if (picker instanceof TablePicker) picker.updateRoute(service, { ip, port, isOk: ok, costMs });
}
