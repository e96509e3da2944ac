import type { RouteHandlers } from "./http/route-handlers.js";

/** A part of the console: the routes it serves and, if it has one, its own life. */
export interface Feature {
  readonly name: string;
  readonly routes: RouteHandlers;
  /** Before the console listens, in the order of the list in console.ts. */
  start?(): Promise<void>;
  /** After the console has stopped listening, in the opposite order. */
  stop?(): Promise<void>;
}
