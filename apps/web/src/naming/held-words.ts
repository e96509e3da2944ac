import type { HeldName, NameRefusal } from "@msec/api-schema";
import type { Translate } from "../i18n/use-text.js";

/** What is said about names that are held back. Pure. */

/** As many changes are decided at once as the API takes. */
const MAX_AT_ONCE = 1_000;
/** More are behind "show all". */
const SHOWN = 5;
/** Names in a sentence. */
const NAMED = 8;

/** `keep` = throw the change away; `let` = publish it; `take` = have machines take a list that they refuse. */
export type Decision =
  | { readonly kind: "keep" | "let"; readonly held: readonly HeldName[] }
  | { readonly kind: "take"; readonly machines: readonly string[] };

/** What a dialog says before it is done; as it was seen when it was opened. */
export interface DecisionWords {
  readonly title: string;
  readonly text: string;
  readonly ok: string;
  /** Must be typed before: of one service its name, of several their number. */
  readonly typeName?: string;
}

/** @returns a decision about these, as many as can be made at once */
export function decisionOn(kind: "keep" | "let", held: readonly HeldName[]): Decision {
  return { kind, held: held.slice(0, MAX_AT_ONCE) };
}

/** The first ones, unless all are asked for or they are hardly more. */
export function shownOf(held: readonly HeldName[], isAll: boolean): readonly HeldName[] {
  return isAll || held.length <= SHOWN + 1 ? held : held.slice(0, SHOWN);
}

export function decisionWords(decision: Decision, t: Translate): DecisionWords {
  if (decision.kind === "take") return takeWords(decision.machines, t);
  return decision.kind === "keep" ? keepWords(decision.held, t) : letWords(decision.held, t);
}

/** Machines that refuse for the same reason together. */
export function refusalGroups(refusals: readonly NameRefusal[]): { why: string; machines: string[] }[] {
  const groups = new Map<string, string[]>();
  for (const { why, machineName } of refusals) groups.set(why, [...(groups.get(why) ?? []), machineName]);
  return [...groups].map(([why, machines]) => ({ why, machines }));
}

export function namesInShort(names: readonly string[], t: Translate): string {
  const rest = names.length - NAMED;
  const named = names.slice(0, NAMED).join(", ");
  return rest > 0 ? t("held.more", { names: named, n: rest }) : named;
}

function keepWords(held: readonly HeldName[], t: Translate): DecisionWords {
  const [first] = held;
  const ok = t("held.keep");
  if (held.length === 1 && first) {
    const { service, published } = first;
    return { title: t("held.keepOf", { service }), text: t("held.keepText", { service, n: published }), ok };
  }
  const names = namesInShort(servicesOf(held), t);
  return { title: t("held.keepOfMany", { n: held.length }), text: t("held.keepTextMany", { names }), ok };
}

function letWords(held: readonly HeldName[], t: Translate): DecisionWords {
  const [first] = held;
  const ok = t("held.let");
  if (held.length === 1 && first) {
    const { service, published, wanted } = first;
    const key = first.isRemoval ? "held.letTextGone" : wanted === 0 ? "held.letTextNone" : "held.letText";
    const text = t(key, { service, published, wanted });
    return { title: t("held.letOf", { service }), text, ok, typeName: service };
  }
  const none = held.filter(({ wanted }) => wanted === 0);
  const text = [
    t("held.letTextMany", { names: namesInShort(servicesOf(held), t) }),
    ...(none.length > 0 ? [t("held.letTextManyNone", { n: none.length })] : []),
  ].join("\n");
  return { title: t("held.letOfMany", { n: held.length }), text, ok, typeName: String(held.length) };
}

function takeWords(machines: readonly string[], t: Translate): DecisionWords {
  const n = machines.length;
  const text = t("held.takeText", { names: namesInShort(machines, t) });
  return { title: t("held.takeOf", { n }), text, ok: t("held.take"), typeName: String(n) };
}

function servicesOf(held: readonly HeldName[]): string[] {
  return held.map(({ service }) => service);
}
