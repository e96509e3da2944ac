/** What every compared program can do: serve an echo in this process, and call one. */

import type { EchoMethod } from "../echo-message.js";

/** `http`: HTTP/1.1 with JSON bodies. */
export type Transport = "tcp" | "udp" | "http";

/** Where and how a server listens. */
export interface ServeOptions {
  /** `MSEC_HOME` of this run: metric ring, live table, address of the log port. Only msec reads it. */
  readonly home: string;
  readonly transport: Transport;
  /** One call per connection: whoever closes first in this protocol closes. */
  readonly isShort: boolean;
  /** 0 = any. Workers of one server are given the same one. */
  readonly port: number;
  /** Name of the service where it needs one. */
  readonly service: string;
}

export interface OpenOptions extends ServeOptions {
  readonly connections: number;
  /** Default Echo; others only with msec. */
  readonly method?: EchoMethod;
}

/** Ends with the answer or the error. */
export type EchoDone = (error: unknown, text: string | undefined) => void;

/** One way to make calls, as authors of that system write them. */
export type Caller =
  | { readonly kind: "promise"; call(text: string): Promise<{ readonly text: string }> }
  | { readonly kind: "callback"; call(text: string, done: EchoDone): void };

export interface Peer {
  /** @returns the port */
  serve(options: ServeOptions): Promise<number>;
  open(options: OpenOptions): Promise<Caller>;
}

/** The next of a fixed list, again and again: spreads calls over connections. */
export function roundRobin<T>(items: readonly T[]): () => T {
  let at = 0;
  return () => {
    at = at + 1 === items.length ? 0 : at + 1;
    return items[at]!;
  };
}
