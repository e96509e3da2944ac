import type { MethodType } from "@msec/protocol";
import type { ChannelKind } from "./call-channel.js";
import { createExchangeChannels } from "./exchange-channel.js";
import type { AnyProtocol } from "./exchange-protocol.js";

/** What the client needs to speak a protocol. */
export interface ExchangeBinding {
  readonly method: MethodType;
  readonly channels: ChannelKind;
}

const bindings = new WeakMap<AnyProtocol, ExchangeBinding>();

/** Made once per protocol object, so use one object for all calls: each has connections of its own. */
export function bindingOf(protocol: AnyProtocol): ExchangeBinding {
  let binding = bindings.get(protocol);
  if (binding === undefined) {
    binding = { method: methodOf(protocol), channels: createExchangeChannels(protocol) };
    bindings.set(protocol, binding);
  }
  return binding;
}

function methodOf(protocol: AnyProtocol): MethodType {
  const message = { typeName: protocol.name, fields: [] };
  return {
    name: protocol.name,
    fullName: protocol.name,
    isIdempotent: false,
    input: { ...message, encode: () => undefined, decode: () => undefined },
    output: {
      ...message,
      encode: () => undefined,
      decode: (bytes, start = 0, end = bytes.length) => protocol.decode(bytes.subarray(start, end)),
    },
  };
}
