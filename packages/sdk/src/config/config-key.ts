/** What a row of the table of keys says. The rows are in srpc-keys.ts, client-keys.ts and config-keys.ts. */

/** What has to happen until a changed value counts. `live`: nothing, within a second. */
export type TakesEffect = "live" | "reload" | "restart";

interface KeyFacts {
  readonly section: string;
  readonly key: string;
  readonly takesEffect: TakesEffect;
  /** Meaning and consequence, for the reference; Markdown. */
  readonly doc: string;
}

/** A whole number. `scale`: the value in the file times this is the value in the program (seconds → ms). */
interface WholeKey extends KeyFacts {
  readonly kind: "whole";
  readonly default: number;
  readonly min: number;
  readonly max: number;
  readonly scale?: number;
  /** For the reference, where the default depends on the machine. */
  readonly defaultText?: string;
}
interface RatioKey extends KeyFacts {
  readonly kind: "ratio";
  readonly default: number;
  readonly min: number;
  readonly max: number;
}
interface ChoiceKey extends KeyFacts {
  readonly kind: "choice";
  readonly default: string;
  readonly choices: readonly string[];
}
/** `1`, `on`, `true`, `yes` or `0`, `off`, `false`, `no`. */
interface FlagKey extends KeyFacts {
  readonly kind: "flag";
  readonly default: boolean;
}
interface TextKey extends KeyFacts {
  readonly kind: "text";
  readonly default: string;
}
/** Words between blanks. */
interface ListKey extends KeyFacts {
  readonly kind: "list";
}
/** Read by code of its own. */
interface OwnKey extends KeyFacts {
  readonly kind: "own";
  readonly defaultText: string;
  /** The key is a family: `FieldName0`, `FieldName1`, … */
  readonly isNumbered?: true;
}
export type ConfigKey = WholeKey | RatioKey | ChoiceKey | FlagKey | TextKey | ListKey | OwnKey;

/** Largest limit of a size in bytes. */
export const BYTES_MAX = 1 << 30;
