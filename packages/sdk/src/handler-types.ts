/**
 * Types of handlers. TypeScript lets a function give back an object with more properties than were asked for, so a misspelt optional field
 * would pass: {@link ExactHandlers} refuses names that the interface has not, at any depth, and says which in the compiler's message.
 */
import type { InitOf, MessageOf, MethodType, ServiceType } from "@msec/protocol";

/** A service, or several that one object implements. */
export type Services = ServiceType | readonly ServiceType[];

type EachOf<S extends Services> = S extends readonly ServiceType[] ? S[number] : S;
type Both<U> = (U extends unknown ? (value: U) => void : never) extends (value: infer I) => void ? I : never;

/** The methods of all services, by the names of their handlers. */
type MethodsOf<S extends Services> = Both<
  EachOf<S> extends infer T
    ? T extends ServiceType
      ? { readonly [K in keyof T["methods"] & string as Uncapitalize<K>]: T["methods"][K] }
      : never
    : never
>;

/** One handler per method. Behind `infer`: messages of the compiler then show handlers, not the whole constant of the service. */
export type HandlersFor<S extends Services, C> =
  MethodsOf<S> extends infer M
    ? {
        readonly [K in keyof M]: M[K] extends MethodType<infer I, infer O>
          ? (request: MessageOf<I>, ctx: C) => InitOf<O> | Promise<InitOf<O>>
          : never;
      }
    : never;

/**
 * What each property of the implementation `H` must be besides: `unknown` if it is right. `Hook`: names that need no method.
 * What is no function may have any name: the state of an instance.
 */
export type ExactHandlers<S extends Services, H, Hook> = {
  readonly [K in keyof H]: K extends keyof MethodsOf<S>
    ? MethodsOf<S>[K] extends MethodType<infer _I, infer O>
      ? ExactHandler<H[K], InitOf<O>>
      : never
    : K extends Hook
      ? unknown
      : H[K] extends (...args: never) => unknown
        ? `no method and no hook is called ${K & string}`
        : unknown;
};

type ExactHandler<F, Want> = F extends (...args: never) => infer R
  ? [Surplus<Awaited<R>, Want>] extends [infer Path extends string]
    ? [Path] extends [never]
      ? unknown
      : (...args: never) => `the answer has no field ${Path}`
    : unknown
  : unknown;

/** Messages inside of messages that are looked into; also an end for those that hold themselves. */
type Depth = readonly [1, 2, 3, 4, 5, 6];
type Leaf = string | number | bigint | boolean | symbol | null | undefined | Uint8Array;

/** Paths of what `Have` has and the message `Want` has not; `never` when there is none. */
type Surplus<Have, Want, D extends readonly unknown[] = Depth> = 0 extends 1 & Have
  ? never
  : D extends readonly [unknown, ...infer Rest]
    ? Have extends Leaf
      ? never
      : Have extends readonly (infer E)[]
        ? Surplus<E, Want extends readonly (infer V)[] ? V : never, Rest>
        : {
            [K in keyof Have & string]-?: K extends keyof Want
              ? `${K}.${Surplus<Have[K], NonNullable<Want[K]>, Rest>}`
              : K;
          }[keyof Have & string]
    : never;
