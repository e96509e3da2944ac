import type { Readable } from "node:stream";
import type { Role, RouteInput, RouteName, RouteOutput, routes } from "@msec/api-schema";
import { RouteServedTwice } from "./errors.js";

/** Who does it: the user of a session, or the token of a script. */
export interface Actor {
  readonly kind: "user" | "token";
  /** Login name, or the token's name. */
  readonly name: string;
  readonly role: Role;
  /** Hash of the session, for users. */
  readonly sessionHash?: string;
  /** End of the session; 0 for tokens. */
  readonly expiresAtMs: number;
}

/** What is said of an actor in audit entries, versions and releases. */
export function actorName(actor: Actor): string {
  return actor.kind === "token" ? `token:${actor.name}` : actor.name;
}

type Spec<K extends RouteName> = (typeof routes)[K];
type Input<K extends RouteName> = RouteInput<Spec<K>>;
type Part<I, P extends string> = I extends Partial<Record<P, infer V>> ? NonNullable<V> : Record<string, never>;

/** A checked request. Parts that the route does not declare are empty objects; a binary body is a stream. */
export interface RouteCall<K extends RouteName = RouteName> {
  readonly params: Part<Input<K>, "params">;
  readonly query: Part<Input<K>, "query">;
  readonly body: Spec<K> extends { readonly body: "binary" } ? Readable : Part<Input<K>, "body">;
  /** @throws {LoginNeeded} on a public route */
  readonly actor: Actor;
  /** Address of the caller. */
  readonly address: string;
  readonly requestId: string;
  /** Aborted when the caller hangs up. */
  readonly signal: AbortSignal;
  /** Sets the session cookie, or removes it. */
  setSession(session: { readonly value: string; readonly maxAgeSec: number } | undefined): void;
}

export type RouteHandler<K extends RouteName> = (call: RouteCall<K>) => Promise<Answer<K>> | Answer<K>;
/** Binary answers may be streamed. */
type Answer<K extends RouteName> = Spec<K>["response"] extends "binary" ? Uint8Array | Readable : RouteOutput<Spec<K>>;

/** Handlers by route name. Each feature gives its own part. */
export type RouteHandlers = { readonly [K in RouteName]?: RouteHandler<K> };

/** Joins the parts of all features. @throws {RouteServedTwice} */
export function mergeHandlers(...parts: readonly RouteHandlers[]): RouteHandlers {
  const all: Record<string, unknown> = {};
  for (const part of parts) {
    for (const [name, handler] of Object.entries(part)) {
      if (Object.hasOwn(all, name)) throw new RouteServedTwice({ name });
      all[name] = handler;
    }
  }
  return all as RouteHandlers;
}
