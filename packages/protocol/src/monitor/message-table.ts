/** Declares message types from compact tables and derives their TypeScript shapes; for the fixed messages of old protocols. */

import { createMessageType } from "../protobuf/dynamic-type.js";
import type { FieldInfo, FieldKind, MessageType } from "../protobuf/message-type.js";

/** One field; `T` is what it holds. */
export interface FieldSpec<T, L extends "optional" | "repeated"> {
  readonly number: number;
  readonly kind: FieldKind;
  readonly label: L;
  /** Never set; carries the type. */
  readonly holds?: T;
}

type Specs = Readonly<Record<string, FieldSpec<unknown, "optional" | "repeated">>>;
type Held<S> = S extends FieldSpec<infer T, "optional" | "repeated"> ? T : never;
type RepeatedKeys<S extends Specs> = {
  [K in keyof S]: S[K] extends FieldSpec<unknown, "repeated"> ? K : never;
}[keyof S];

/** Shape as read: lists are always there. */
export type ReadShape<S extends Specs> = { [K in RepeatedKeys<S>]: Held<S[K]>[] } & {
  [K in Exclude<keyof S, RepeatedKeys<S>>]?: Held<S[K]>;
};
/** Shape as written. */
export type WriteShape<S extends Specs> = { readonly [K in RepeatedKeys<S>]?: readonly Held<S[K]>[] } & {
  readonly [K in Exclude<keyof S, RepeatedKeys<S>>]?: Held<S[K]>;
};

const UINT32: FieldKind = { kind: "scalar", scalar: "uint32" };
const STRING: FieldKind = { kind: "scalar", scalar: "string" };

export const uint32 = (number: number): FieldSpec<number, "optional"> => ({ number, kind: UINT32, label: "optional" });
export const uint32s = (number: number): FieldSpec<number, "repeated"> => ({ number, kind: UINT32, label: "repeated" });
export const text = (number: number): FieldSpec<string, "optional"> => ({ number, kind: STRING, label: "optional" });
export const texts = (number: number): FieldSpec<string, "repeated"> => ({ number, kind: STRING, label: "repeated" });
export const one = <T>(number: number, type: MessageType<T>): FieldSpec<T, "optional"> => ({
  number,
  kind: { kind: "message", type: () => type },
  label: "optional",
});
export const many = <T>(number: number, type: MessageType<T>): FieldSpec<T, "repeated"> => ({
  number,
  kind: { kind: "message", type: () => type },
  label: "repeated",
});

/** Repeated numbers are written unpacked, as the original does; both forms are read. */
export function defineMessage<S extends Specs>(typeName: string, specs: S): MessageType<ReadShape<S>, WriteShape<S>> {
  const fields = Object.entries(specs).map(
    ([name, { number, kind, label }]): FieldInfo => ({ ...kind, name, number, label, packed: false }),
  );
  return createMessageType<ReadShape<S>, WriteShape<S>>(typeName, fields);
}
