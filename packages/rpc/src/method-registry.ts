import type { MethodType, ServiceType } from "@msec/protocol";
import { MethodUnregistered } from "./errors.js";

/** Methods by full name, for calls that learn the name at run time. */
export class MethodRegistry {
  readonly #methods = new Map<string, MethodType>();

  register(services: readonly ServiceType[]): void {
    for (const { methods } of services) {
      for (const method of Object.values(methods)) this.#methods.set(method.fullName, method);
    }
  }

  /** @throws RPC_METHOD_UNREGISTERED */
  of(fullName: string): MethodType {
    const method = this.#methods.get(fullName);
    if (method === undefined) throw new MethodUnregistered({ method: fullName });
    return method;
  }
}
