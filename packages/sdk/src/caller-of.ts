import type { Caller, RpcClient } from "@msec/rpc";

/** The ways to call, and the methods that are known by name. */
export interface NamingCaller extends Caller {
  /** Makes the methods of these services known to `callMethod`. */
  readonly register: RpcClient["register"];
}

/** The ways to call of a client, as functions that can be passed on alone. */
export function callerOf(client: RpcClient): NamingCaller {
  return {
    register: (...services) => client.register(...services),
    call: (method, target, request, options) => client.call(method, target, request, options),
    stub: (service, target, options) => client.stub(service, target, options),
    callMethod: (target, method, request, options) => client.callMethod(target, method, request, options),
    callRaw: (target, method, request, options) => client.callRaw(target, method, request, options),
    exchange: (target, protocol, message, options) => client.exchange(target, protocol, message, options),
  };
}
