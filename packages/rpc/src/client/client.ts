import type { InitOf, MessageOf, MessageType, MethodType, ServiceType } from "@msec/protocol";
import { type CallParent, currentParent } from "../call-context.js";
import { ClientClosed, ClientOverloaded } from "../errors.js";
import { KeptShape } from "../kept-shape.js";
import { MethodRegistry } from "../method-registry.js";
import type { CallOptions } from "./call-options.js";
import type { CallTarget } from "./call-target.js";
import type { Caller, Stub } from "./caller.js";
import { createStub, exchangeRequest, rawRequest } from "./caller-members.js";
import { ClientCall } from "./client-call.js";
import { ClientCore, type ClientCoreOptions } from "./client-core.js";
import type { ExchangeProtocol } from "./exchange-protocol.js";
import type { CallRequest } from "./requested-call.js";

export interface RpcClientOptions extends ClientCoreOptions {
  /** Services whose methods `callMethod` finds by name; more with `register`. */
  readonly services?: readonly ServiceType[];
}

/** Makes calls. Those made inside a request belong to it (`currentContext()`), as if made with its `ctx`. */
export interface RpcClient extends Caller {
  /** Makes the methods of these services known to `callMethod`. */
  register(...services: readonly ServiceType[]): void;
  /** As `call`, in the name of a request that is at hand. */
  callWithin(parent: CallParent | undefined, call: CallRequest): Promise<unknown>;
  /** As `callMethod`, in the name of a request that is at hand. */
  callMethodWithin(parent: CallParent | undefined, call: NamedCall): Promise<unknown>;
  /** Calls waiting for answers. */
  readonly inFlight: number;
  /** Since the start: answers that came when nobody waited for them any more, after a timeout or a cancelled call. */
  readonly lateAnswers: number;
  /** Cuts all connections; calls under way reject with RPC_CLIENT_CLOSED. */
  close(): void;
}

/** A call by the full name of its method. */
export interface NamedCall extends Omit<CallRequest, "method" | "options"> {
  readonly method: string;
  /** A number is the timeout in ms. */
  readonly options: CallOptions | number | undefined;
}

class PooledRpcClient implements RpcClient {
  readonly #core: ClientCore;
  readonly #registry = new MethodRegistry();
  readonly #shape: KeptShape;

  constructor(options: RpcClientOptions) {
    this.#core = new ClientCore(options);
    this.#shape = new KeptShape(() => nobodysCall(this.#core));
    if (options.services !== undefined) this.#registry.register(options.services);
  }

  get inFlight(): number {
    return this.#core.inFlight;
  }

  get lateAnswers(): number {
    return this.#core.lateAnswers;
  }

  register(...services: readonly ServiceType[]): void {
    this.#registry.register(services);
  }

  call<I extends MessageType, O extends MessageType>(
    method: MethodType<I, O>,
    target: string,
    request: InitOf<I>,
    options?: CallOptions,
  ): Promise<MessageOf<O>> {
    return this.callWithin(currentParent(), { method, target, request, options }) as Promise<MessageOf<O>>;
  }

  stub<S extends ServiceType>(service: S, target: string, options?: CallOptions): Stub<S> {
    const call: Caller["call"] = (method, at, request, opts) => this.call(method, at, request, opts);
    return createStub(service, { call, target, options });
  }

  callMethod(target: string, method: string, request: unknown, options?: CallOptions | number): Promise<unknown> {
    return this.callMethodWithin(currentParent(), { target, method, request, options });
  }

  async callMethodWithin(parent: CallParent | undefined, call: NamedCall): Promise<unknown> {
    const options = typeof call.options === "number" ? { timeoutMs: call.options } : call.options;
    return this.callWithin(parent, { ...call, method: this.#registry.of(call.method), options });
  }

  callRaw(target: string, method: string, request: Uint8Array, options?: CallOptions): Promise<Uint8Array> {
    const call = rawRequest({ target, method, request, options });
    return this.callWithin(currentParent(), call) as Promise<Uint8Array>;
  }

  exchange<Q, A>(target: string, protocol: ExchangeProtocol<Q, A>, request: Q, options?: CallOptions): Promise<A> {
    return this.callWithin(currentParent(), exchangeRequest(protocol, { target, request, options })) as Promise<A>;
  }

  callWithin(parent: CallParent | undefined, call: CallRequest): Promise<unknown> {
    const core = this.#core;
    const limit = core.limits.maxInFlight;
    if (core.isClosed) return Promise.reject(new ClientClosed({ service: core.service }));
    if (core.inFlight >= limit) return Promise.reject(new ClientOverloaded({ inFlight: core.inFlight, limit }));
    let made: ClientCall | undefined;
    try {
      made = new ClientCall(core, call, { place: core.targetOf(call.target), parent });
      core.inFlight++;
      made.start();
      return made.promise;
    } catch (error) {
      if (made === undefined) return Promise.reject(error);
      core.onPickerFault(error);
      made.settle(error);
      return made.promise;
    }
  }

  close(): void {
    this.#shape.stop();
    this.#core.close();
  }
}

function nobodysCall(core: ClientCore): ClientCall {
  const wanted = { method: {} as MethodType, target: "", request: undefined, options: undefined };
  return new ClientCall(core, wanted, { place: { options: {} } as CallTarget, parent: undefined });
}

/** A client without connections; they are opened by the first calls. */
export function createRpcClient(options: RpcClientOptions): RpcClient {
  return new PooledRpcClient(options);
}
