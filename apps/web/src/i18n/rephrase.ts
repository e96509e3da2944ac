/**
 * Sentences that come as English text (why an instance was chosen, why a service is not well) in another language: split at their
 * punctuation into parts, each found by its English template. Parts that nobody knows stay as they are, such as addresses, units, and
 * words of a newer agent.
 */
import { formatMessage } from "./format-message.js";

/** From the outer to the inner, with how they are written in Chinese. */
const SEPARATORS = [
  ["; ", "；"],
  [": ", "："],
  [", ", "，"],
] as const;

/** What a hole of a template may hold; others hold a number. */
const HOLES: Readonly<Record<string, string>> = {
  address: "\\S+",
  name: "\\S+",
  phrase: ".+",
  time: "\\d+ (?:ms|s|min)",
};

const UNITS: Readonly<Record<string, string>> = { ms: "毫秒", s: "秒", min: "分钟" };

interface Template {
  readonly pattern: RegExp;
  readonly text: string;
}

/** @param from templates by key, as the sentences come; @param to the same in the other language */
export function createRephrase<K extends string>(
  from: Readonly<Record<K, string>>,
  to: Readonly<Record<K, string>>,
): (sentence: string) => string {
  const templates = (Object.keys(from) as K[]).map((key) => ({ pattern: patternOf(from[key]), text: to[key] }));
  return (sentence) => tryRephrase(sentence, templates, 0) ?? sentence;
}

/** `undefined` = nothing of it is known. */
function tryRephrase(sentence: string, templates: readonly Template[], depth: number): string | undefined {
  const whole = tryWhole(sentence, templates);
  if (whole !== undefined) return whole;
  const separator = SEPARATORS[depth];
  if (separator === undefined) return tryPair(sentence, templates);
  const parts = sentence.split(separator[0]);
  const known = parts.map((part) => tryRephrase(part, templates, depth + 1));
  if (known.every((part) => part === undefined)) return undefined;
  return known.map((part, at) => part ?? parts[at]).join(separator[1]);
}

function tryWhole(sentence: string, templates: readonly Template[]): string | undefined {
  for (const { pattern, text } of templates) {
    const holes = pattern.exec(sentence);
    if (holes === null) continue;
    const { phrase, time, ...rest } = holes.groups ?? {};
    return formatMessage(text, {
      ...rest,
      ...(time !== undefined && { time: time.replace(/\w+$/, (unit) => UNITS[unit] ?? unit) }),
      ...(phrase !== undefined && { phrase: tryRephrase(phrase, templates, 0) ?? phrase }),
    });
  }
  return undefined;
}

/** `what (why)`, or what is said of an address. */
function tryPair(part: string, templates: readonly Template[]): string | undefined {
  const [, what = part, why] = /^(.+) \(([^()]+)\)$/.exec(part) ?? [];
  const known = tryOfAddress(what, templates);
  if (why === undefined) return known;
  const knownWhy = tryWhole(why, templates);
  return known === undefined && knownWhy === undefined ? undefined : `${known ?? what}（${knownWhy ?? why}）`;
}

function tryOfAddress(part: string, templates: readonly Template[]): string | undefined {
  const whole = tryWhole(part, templates);
  const [, address, what = ""] = /^(\S+:\d+) (.+)$/.exec(part) ?? [];
  if (whole !== undefined || address === undefined) return whole;
  const known = tryWhole(what, templates);
  return known && `${address} ${known}`;
}

function patternOf(template: string): RegExp {
  const source = template
    .replace(/[.*+?^$()|[\]\\]/g, "\\$&")
    .replace(/\{(\w+)\}/g, (_, hole: string) => `(?<${hole}>${HOLES[hole] ?? "[\\d.,]+"})`);
  return new RegExp(`^${source}$`);
}
