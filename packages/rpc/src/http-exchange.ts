/** HTTP + JSON on the RPC port: one request at a time per connection, answers in order. */
import type { WireError } from "@msec/protocol";
import { HeadInvalid } from "./errors.js";
import type { ServerConnection } from "./server-connection.js";
import type { ServerContext } from "./server-context.js";
import type { BoundMethod } from "./service-binding.js";

export class HttpExchange {
  readonly #connection: ServerConnection;
  readonly #maxBodyBytes: number;

  constructor(connection: ServerConnection, maxBodyBytes: number) {
    this.#connection = connection;
    this.#maxBodyBytes = maxBodyBytes;
  }

  consume(_bytes: Uint8Array, _at: number, _end: number): number {
    throw new HeadInvalid({
      problem: `HTTP is not served by ${this.#connection.localAddress} (${this.#maxBodyBytes})`,
    });
  }

  answer(_ctx: ServerContext, _method: BoundMethod, _response: unknown): void {}

  answerError(_ctx: ServerContext, _error: WireError): void {}
}
