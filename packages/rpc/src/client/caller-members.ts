/** The ways to call, all on one function. */
import type { MessageType, MethodType, ServiceType } from "@msec/protocol";
import type { CallOptions } from "./call-options.js";
import type { CallFunction, Stub } from "./caller.js";
import { bindingOf } from "./exchange-binding.js";
import type { AnyProtocol } from "./exchange-protocol.js";
import type { CallRequest } from "./requested-call.js";

/** More are forgotten: method names are a handful, unless somebody makes them up. */
const MAX_RAW_METHODS = 4096;
const rawMethods = new Map<string, MethodType>();
const RawBytes: MessageType<Uint8Array, Uint8Array> = {
  typeName: "bytes",
  fields: [],
  encode: (bytes, writer) => void writer.raw(bytes),
  // A copy, since the next read fills the buffer again. Not slice(): a Buffer would only give another view.
  decode: (bytes, start = 0, end = bytes.length) => new Uint8Array(bytes.subarray(start, end)),
};

function rawMethodOf(fullName: string): MethodType {
  let method = rawMethods.get(fullName);
  if (method === undefined) {
    const name = fullName.slice(fullName.lastIndexOf(".") + 1);
    method = { name, fullName, input: RawBytes, output: RawBytes, isIdempotent: false };
    if (rawMethods.size >= MAX_RAW_METHODS) rawMethods.clear();
    rawMethods.set(fullName, method);
  }
  return method;
}

/** A call whose body is bytes. */
export function rawRequest(call: Omit<CallRequest, "method"> & { readonly method: string }): CallRequest {
  return { ...call, method: rawMethodOf(call.method) };
}

/** A call in a foreign protocol. */
export function exchangeRequest(protocol: AnyProtocol, call: Omit<CallRequest, "method">): CallRequest {
  return { ...call, ...bindingOf(protocol) };
}

interface StubState {
  readonly call: CallFunction;
  readonly target: string;
  readonly options: CallOptions | undefined;
}

const STATE = Symbol("stub");
const prototypes = new WeakMap<ServiceType, object>();

/** The functions of a service's stub; made once per service. */
function prototypeOf(service: ServiceType): object {
  let prototype = prototypes.get(service);
  if (prototype === undefined) {
    prototype = Object.fromEntries(
      Object.entries(service.methods).map(([name, method]) => [
        name.charAt(0).toLowerCase() + name.slice(1),
        function (this: { readonly [STATE]: StubState }, request: unknown, options?: CallOptions): Promise<unknown> {
          const { call, target, options: usual } = this[STATE];
          return call(method, target, request as never, options ?? usual);
        },
      ]),
    );
    prototypes.set(service, prototype);
  }
  return prototype;
}

export function createStub<S extends ServiceType>(service: S, state: StubState): Stub<S> {
  const stub = Object.create(prototypeOf(service)) as { [STATE]: StubState };
  stub[STATE] = state;
  return stub as unknown as Stub<S>;
}
