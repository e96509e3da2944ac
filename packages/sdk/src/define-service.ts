import type { ServiceType } from "@msec/protocol";
import { bindService, type CallContext, type ServiceBinding } from "@msec/rpc";
import type { NamingCaller } from "./caller-of.js";
import type { ConfigReader } from "./config/config-ini.js";
import type { ExactHandlers, HandlersFor, Services } from "./handler-types.js";
import type { ServiceLog } from "./observability/service-log.js";
import type { ServiceMetrics } from "./observability/service-metrics.js";

/** What a handler gets besides its request. */
export interface ServiceContext extends CallContext {
  readonly log: ServiceLog;
  readonly metrics: ServiceMetrics;
  readonly config: ConfigReader;
}

/** What the hooks get: the service as a whole, outside of any request. */
export interface ServiceApp extends NamingCaller {
  /** Own name, `First.Second`. */
  readonly service: string;
  readonly config: ConfigReader;
  readonly log: ServiceLog;
  readonly metrics: ServiceMetrics;
  /** Aborted when the service begins to stop. */
  readonly signal: AbortSignal;
}

/** Run once per worker process. */
export interface ServiceHooks {
  /** Before the worker accepts requests. When it throws, the service does not start (`EXEC_INIT_FAILED`). */
  init?(config: ConfigReader, app: ServiceApp): void | Promise<void>;
  /** After the last request, at most for a second. */
  fini?(app: ServiceApp): void | Promise<void>;
  /**
   * Again and again while the worker runs, one at a time. May return the pause until the next run in ms; default: `[SRPC] loop_ms`.
   * An error is logged and the next run comes all the same.
   */
  loop?(app: ServiceApp): number | void | Promise<void> | Promise<number | undefined>;
}

/** One handler per method; its name is the IDL's with a lower-case first letter. */
export type HandlersOf<S extends Services> = HandlersFor<S, ServiceContext>;

/** Handlers and hooks in one object. A hook whose name a method has goes into the third argument of {@link defineService}. */
export type Implementation<S extends Services> = HandlersOf<S> & Omit<ServiceHooks, keyof HandlersOf<S>>;

const MARK = Symbol.for("msec.service-definition");

/** A service without its name and configuration: those come from the release. */
export interface ServiceDefinition {
  readonly [MARK]: 1;
  readonly services: readonly ServiceBinding[];
  readonly hooks: ServiceHooks;
}

/**
 * A service: what `src/service.ts` exports by default.
 *
 * @param type the service of the generated file, or a list of several
 * @param implementation one function per method, and `init`, `fini`, `loop` if needed
 */
export function defineService<const S extends Services, H extends Implementation<S>>(
  type: S,
  implementation: H & ExactHandlers<S, H, keyof ServiceHooks>,
  hooks: ServiceHooks = {},
): ServiceDefinition {
  const types: readonly ServiceType[] = isList(type) ? type : [type];
  const methods = new Set(types.flatMap((each) => Object.keys(each.methods).map(lowerFirst)));
  const own = implementation as ServiceHooks;
  const hookOf = <K extends keyof ServiceHooks>(name: K): ServiceHooks[K] =>
    hooks[name] ?? (methods.has(name) ? undefined : (own[name]?.bind(own) as ServiceHooks[K]));
  const [init, fini, loop] = [hookOf("init"), hookOf("fini"), hookOf("loop")];
  return {
    [MARK]: 1,
    services: types.map((each) => bindService(each, implementation as never)),
    hooks: { ...(init && { init }), ...(fini && { fini }), ...(loop && { loop }) },
  };
}

/** Also true for a definition that another copy of this package made. */
export function isServiceDefinition(value: unknown): value is ServiceDefinition {
  return typeof value === "object" && value !== null && (value as Partial<ServiceDefinition>)[MARK] === 1;
}

function isList(type: Services): type is readonly ServiceType[] {
  return Array.isArray(type);
}

function lowerFirst(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1);
}
