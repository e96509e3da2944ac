/** How code makes calls: a client anywhere, `ctx` in the name of a request. */
import type { InitOf, MessageOf, MessageType, MethodType, ServiceType } from "@msec/protocol";
import type { CallOptions } from "./call-options.js";
import type { ExchangeProtocol } from "./exchange-protocol.js";
import type { TargetText } from "./target-text.js";

/**
 * @param target `First.Second`, chosen by the picker, or `ip:port@tcp` / `ip:port@udp` (`[ip]:port` for IPv6). Written out in code, one
 *   that can't be either does not compile
 * @throws RPC_TIMEOUT, NET_REFUSED, NET_RESET and other NET reasons, RPC_CANCELLED, RPC_OVERLOADED, what the picker throws, and the
 *   error that the callee's handler threw (its code and reason)
 */
export type CallFunction = <I extends MessageType, O extends MessageType, const T extends string = string>(
  method: MethodType<I, O>,
  target: T & TargetText<T>,
  request: InitOf<I>,
  options?: CallOptions,
) => Promise<MessageOf<O>>;

/** A service at a target: one function per method, called like it with a lower-case first letter. */
export type Stub<S extends ServiceType> = {
  readonly [K in keyof S["methods"] & string as Uncapitalize<K>]: (
    request: InitOf<S["methods"][K]["input"]>,
    options?: CallOptions,
  ) => Promise<MessageOf<S["methods"][K]["output"]>>;
};

export interface Caller {
  /** Calls a method of another service. */
  readonly call: CallFunction;
  /** A service as an object with a function per method; `options` hold for calls that give none. */
  stub<S extends ServiceType, const T extends string = string>(
    service: S,
    target: T & TargetText<T>,
    options?: CallOptions,
  ): Stub<S>;
  /**
   * As `call`, by the method's full name `package.Service.Method`, for those who learn it at run time. Its service must have been
   * registered.
   *
   * @throws RPC_METHOD_UNREGISTERED and as `call`
   */
  callMethod<const T extends string>(
    target: T & TargetText<T>,
    method: string,
    request: unknown,
    options?: CallOptions | number,
  ): Promise<unknown>;
  /** As `call` with a message that is encoded already; gives the bytes of the answer. */
  callRaw<const T extends string>(
    target: T & TargetText<T>,
    method: string,
    request: Uint8Array,
    options?: CallOptions,
  ): Promise<Uint8Array>;
  /**
   * Asks a program that speaks a protocol of its own, with SRPC's naming, pools, deadlines and reports.
   *
   * @throws RPC_EXCHANGE_INVALID, RPC_RESPONSE_INVALID and as `call`
   */
  exchange<Q, A, const T extends string = string>(
    target: T & TargetText<T>,
    protocol: ExchangeProtocol<Q, A>,
    message: Q,
    options?: CallOptions,
  ): Promise<A>;
}
