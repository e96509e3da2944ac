import type { Caller } from "@msec/rpc";

/** The ways to call of a client, as functions that can be passed on alone. */
export function callerOf(client: Caller): Caller {
  return {
    call: (method, target, request, options) => client.call(method, target, request, options),
    stub: (service, target, options) => client.stub(service, target, options),
    callMethod: (target, method, request, options) => client.callMethod(target, method, request, options),
    callRaw: (target, method, request, options) => client.callRaw(target, method, request, options),
    exchange: (target, protocol, message, options) => client.exchange(target, protocol, message, options),
  };
}
