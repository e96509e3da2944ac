import type { TokenStream } from "./token-stream.js";

/** Where the parser stands. */
export interface Place {
  readonly tokens: TokenStream;
  readonly syntax: "proto2" | "proto3";
  /** Full name of what is around, "" in a file without package. */
  readonly scope: string;
}

export function joinName(scope: string, name: string): string {
  return scope === "" ? name : `${scope}.${name}`;
}
