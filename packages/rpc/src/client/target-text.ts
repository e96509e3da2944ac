/**
 * What the compiler can tell of a target that is written out in code. Texts that are known at run time only, and those with a hole
 * (`${address}@tcp`), are judged when they are used.
 */

/** `T`, or what no text can be: then the compiler's message says what is wrong. */
export type TargetText<T extends string> = T extends unknown
  ? MayBeTarget<T> extends true
    ? T
    : { readonly problem: `"${T}" is neither First.Second nor ip:port@tcp` }
  : never;

type MayBeTarget<T extends string> =
  IsWrittenOut<T> extends false
    ? true
    : T extends WrittenAddress
      ? true
      : T extends `${infer First}.${infer Second}`
        ? [IsName<First>, IsName<Second>] extends [true, true]
          ? true
          : false
        : false;

/** Neither `string` nor a pattern: those make an index signature, which an object without properties fulfils. */
type IsWrittenOut<T extends string> = Record<never, never> extends Record<T, 1> ? false : true;

type HostPort = `${number}.${number}.${number}.${number}:${number}` | `[${string}]:${number}`;
type WrittenAddress = HostPort | `${HostPort}@${"tcp" | "udp" | "tls"}`;

type Letter =
  | ("a" | "b" | "c" | "d" | "e" | "f" | "g" | "h" | "i" | "j" | "k" | "l" | "m")
  | ("n" | "o" | "p" | "q" | "r" | "s" | "t" | "u" | "v" | "w" | "x" | "y" | "z");
type Digit = "0" | "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9";

/** A letter, then at least one letter, digit or underscore. How long it may be is checked at run time. */
type IsName<T extends string> = T extends `${infer Head}${infer Rest}`
  ? [Lowercase<Head>, Rest] extends [Letter, ""]
    ? false
    : Lowercase<Head> extends Letter
      ? IsRest<Rest>
      : false
  : false;

type IsRest<T extends string> = T extends `${infer Head}${infer Rest}`
  ? Lowercase<Head> extends Letter | Digit | "_"
    ? IsRest<Rest>
    : false
  : true;
