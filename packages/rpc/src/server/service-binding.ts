import type { InitOf, MessageOf, MethodType, ServiceType } from "@msec/protocol";
import type { CallContext } from "../call-context.js";
import { HandlerMissing, MethodDuplicate } from "../errors.js";
import { createMethodLatency, type MethodLatency } from "../overload/concurrency-limit.js";

/** Answers one request. A handler that returns a plain value instead of a promise is the fastest. */
export type Handler<M extends MethodType, C extends CallContext = CallContext> = (
  request: MessageOf<M["input"]>,
  ctx: C,
) => InitOf<M["output"]> | Promise<InitOf<M["output"]>>;

/** One handler per method; the name is the IDL's with a lower-case first letter. */
export type Handlers<S extends ServiceType, C extends CallContext = CallContext> = {
  readonly [K in keyof S["methods"] & string as Uncapitalize<K>]: Handler<S["methods"][K], C>;
};

/** A service with its handlers. Make it with {@link bindService}, which checks the types. */
export interface ServiceBinding {
  readonly type: ServiceType;
  readonly handlers: Readonly<Record<string, (request: never, ctx: never) => unknown>>;
}

// `H extends` instead of `handlers: Handlers<S, C>`: TypeScript 5.9 infers `never` for the requests of the latter.
export function bindService<S extends ServiceType, H extends Handlers<S, C>, C extends CallContext = CallContext>(
  type: S,
  handlers: H,
): ServiceBinding {
  return { type, handlers: handlers as unknown as ServiceBinding["handlers"] };
}

/** A method that the server answers. */
export interface BoundMethod {
  readonly type: MethodType;
  readonly handler: (request: unknown, ctx: never) => unknown;
  /** What overload control knows about it. */
  readonly latency: MethodLatency;
}

/**
 * All methods by full name, and by the name with a lower-case first letter that Java peers use (`crawl.CrawlService.getMP3List`),
 * unless a method is called so. @throws RPC_HANDLER_MISSING, RPC_METHOD_DUPLICATE
 */
export function bindMethods(
  services: readonly ServiceBinding[],
  latencyOf: (method: string) => MethodLatency = createMethodLatency,
): ReadonlyMap<string, BoundMethod> {
  const methods = new Map<string, BoundMethod>();
  const aliases = new Map<string, BoundMethod>();
  for (const { type, handlers } of services) {
    for (const [name, method] of Object.entries(type.methods)) {
      const key = name.charAt(0).toLowerCase() + name.slice(1);
      const owner = handlers as Record<string, ((request: unknown, ctx: never) => unknown) | undefined>;
      const handler = owner[key] ?? owner[name];
      if (handler === undefined) throw new HandlerMissing({ method: method.fullName });
      if (methods.has(method.fullName)) throw new MethodDuplicate({ method: method.fullName });
      // Bound, so that handlers of a class instance keep their `this`.
      const bound = { type: method, handler: handler.bind(handlers), latency: latencyOf(method.fullName) };
      methods.set(method.fullName, bound);
      aliases.set(`${type.typeName}.${key}`, bound);
    }
  }
  for (const [alias, bound] of aliases) if (!methods.has(alias)) methods.set(alias, bound);
  return methods;
}
