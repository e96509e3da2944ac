/**
 * Every key of config.ini that the framework reads, one row each: the check, the type in {@link ConfigValues}, the default and the row in
 * docs/reference/config-ini.md all come from here. To add a key add a row, to srpc-keys.ts, client-keys.ts or below;
 * `npx vitest run packages/sdk/src/config-reference -u` writes the page.
 */
import { CLIENT_KEYS } from "./client-keys.js";
import type { ConfigKey } from "./config-key.js";
import { SRPC_KEYS } from "./srpc-keys.js";

export const CONFIG_KEYS = {
  ...SRPC_KEYS,
  ...CLIENT_KEYS,
  logLevel: {
    section: "LOG",
    key: "Level",
    kind: "own",
    takesEffect: "live",
    defaultText: "`ERROR`",
    doc: "`TRACE`, `DEBUG`, `INFO`, `ERROR`, `FATAL` or `NONE`, in any case. Records below it stay in the process",
  },
  colorNames: {
    section: "COLOR",
    key: "FieldName",
    kind: "own",
    takesEffect: "live",
    defaultText: "none",
    isNumbered: true,
    doc: "`FieldName0`, `FieldName1`, …: a record that has this field with exactly the value beside it is kept whatever its level. Read from 0 on up to the first missing name, at most 1000",
  },
  colorValues: {
    section: "COLOR",
    key: "FieldValue",
    kind: "own",
    takesEffect: "live",
    defaultText: "none",
    isNumbered: true,
    doc: "`FieldValue0`, `FieldValue1`, …: the values",
  },
} as const satisfies Readonly<Record<string, ConfigKey>>;

/** Keys of the archived system that have no meaning any more, by section. They are accepted with a note in the log. */
export const OLD_KEYS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  SRPC: {
    module: "the plug-in of the release is loaded",
    shmsize: "requests do not pass through shared memory",
    conf: 'read it with config.get("SRPC", "conf")',
  },
  LOG: {
    FileMax: "there are no local business logs",
    FileSize: "there are no local business logs",
  },
};

type Keys = typeof CONFIG_KEYS;

type ValueOf<K> = K extends { readonly kind: "whole" | "ratio" }
  ? number
  : K extends { readonly kind: "choice"; readonly choices: readonly (infer C)[] }
    ? C
    : K extends { readonly kind: "flag" }
      ? boolean
      : K extends { readonly kind: "list" }
        ? readonly string[]
        : string;

/** The values of all rows but those of kind `own`, by the row's name. */
export type ConfigValues = {
  readonly [N in keyof Keys as Keys[N] extends { readonly kind: "own" } ? never : N]: ValueOf<Keys[N]>;
};
