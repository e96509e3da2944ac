import type { InitOf, MessageOf, MessageType, MethodType } from "@msec/protocol";
import { type CallOptions, type CallParent, currentParent } from "./call-context.js";
import { type CallRequest, ClientCall } from "./client-call.js";
import { ClientCore, type ClientCoreOptions } from "./client-core.js";
import { ClientClosed, ClientOverloaded } from "./errors.js";

export type RpcClientOptions = ClientCoreOptions;

export interface RpcClient {
  /**
   * Calls a method of another service. Inside a request the call belongs to it (`currentContext()`): it inherits flow id, colour, trace
   * parent and deadline.
   *
   * @param target `First.Second`, chosen by the picker, or `ip:port@tcp` / `ip:port@udp`
   * @throws RPC_TIMEOUT, NET_REFUSED, NET_RESET and other NET reasons, RPC_CANCELLED, RPC_OVERLOADED, what the picker throws, and the
   *   error that the callee's handler threw (its code and reason)
   */
  call<I extends MessageType, O extends MessageType>(
    method: MethodType<I, O>,
    target: string,
    request: InitOf<I>,
    options?: CallOptions,
  ): Promise<MessageOf<O>>;
  /** As `call`, in the name of a request that is at hand. */
  callWithin(parent: CallParent | undefined, call: CallRequest): Promise<unknown>;
  /** Calls waiting for answers. */
  readonly inFlight: number;
  /** Cuts all connections; calls under way reject with RPC_CLIENT_CLOSED. */
  close(): void;
}

class PooledRpcClient implements RpcClient {
  readonly #core: ClientCore;

  constructor(options: RpcClientOptions) {
    this.#core = new ClientCore(options);
  }

  get inFlight(): number {
    return this.#core.inFlight;
  }

  call<I extends MessageType, O extends MessageType>(
    method: MethodType<I, O>,
    target: string,
    request: InitOf<I>,
    options?: CallOptions,
  ): Promise<MessageOf<O>> {
    return this.callWithin(currentParent(), { method, target, request, options }) as Promise<MessageOf<O>>;
  }

  callWithin(parent: CallParent | undefined, call: CallRequest): Promise<unknown> {
    const core = this.#core;
    const limit = core.limits.maxInFlight;
    if (core.isClosed) return Promise.reject(new ClientClosed({ service: core.service }));
    if (core.inFlight >= limit) return Promise.reject(new ClientOverloaded({ inFlight: core.inFlight, limit }));
    let made: ClientCall;
    try {
      made = new ClientCall(core, call, { place: core.targetOf(call.target), parent });
    } catch (error) {
      return Promise.reject(error);
    }
    core.inFlight++;
    made.start();
    return made.promise;
  }

  close(): void {
    this.#core.close();
  }
}

/** A client without connections; they are opened by the first calls. */
export function createRpcClient(options: RpcClientOptions): RpcClient {
  return new PooledRpcClient(options);
}
