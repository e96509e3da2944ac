import type { TextProblem } from "@msec/api-schema";
import { type ConfigLine, type Content, isQuoteOpen, readConfigLines } from "./config-lines.js";

/** Keys of `[SRPC]` and `[LOG]` with the limits of those that are numbers. */
const KEYS: Readonly<Record<string, Readonly<Record<string, { min: number; max: number } | undefined>>>> = {
  SRPC: {
    listen: undefined,
    procnum: { min: 1, max: 512 },
    heartbeat: { min: 3, max: 86_400 },
    max_in_flight: { min: 1, max: 1_000_000 },
    max_connections: { min: 1, max: 1_000_000 },
    loop_ms: { min: 1, max: 86_400_000 },
    module: undefined,
    conf: undefined,
    shmsize: { min: 1, max: 1_048_576 },
    msg_timeout: { min: 0, max: 86_400_000 },
    reload: { min: 0, max: 1 },
  },
  LOG: { Level: undefined, FileMax: { min: 0, max: 1_000_000 }, FileSize: { min: 0, max: 2 ** 30 } },
};
/** What only the frameworks of the older languages read. */
const OLD_KEYS = new Set(["module", "shmsize", "msg_timeout", "reload", "FileMax", "FileSize"]);
const COLOR_KEY = /^Field(Name|Value)\d{1,3}$/;
const LEVELS = ["TRACE", "DEBUG", "INFO", "ERROR", "FATAL", "NONE"];

/** Everything that is wrong or odd with a config text, in the order of its lines. Errors keep it from being saved. */
export function checkConfigText(text: string, language: string): TextProblem[] {
  const checker = new Checker(language);
  for (const line of readConfigLines(text)) checker.line(line);
  return checker.problems;
}

class Checker {
  readonly problems: TextProblem[] = [];
  readonly #sections = new Map<string, number>();
  #keys = new Map<string, number>();
  readonly #language: string;
  #section = "";

  constructor(language: string) {
    this.#language = language;
  }

  line({ number, content }: ConfigLine): void {
    if (content.kind === "empty") return;
    const at = { line: number, column: content.column };
    if (content.kind === "section") this.#startSection(at, content);
    else if (content.kind === "other")
      this.#add("error", at, ["CONFIG_LINE", "this is neither [section] nor key=value"]);
    else this.#checkKey(at, content);
  }

  #startSection(at: Place, section: Extract<Content, { kind: "section" }>): void {
    const { name, closed, rest } = section;
    if (!closed) this.#add("error", at, ["CONFIG_BRACKET", `section [${name} has no closing bracket`]);
    else if (name === "") this.#add("error", at, ["CONFIG_SECTION_NAME", "a section needs a name"]);
    if (rest !== "") this.#add("error", at, ["CONFIG_LINE", `unexpected text after the section: ${rest}`]);
    const first = this.#sections.get(name);
    if (first !== undefined)
      this.#add("error", at, ["CONFIG_SECTION_REPEATED", `section [${name}] began already in line ${first}`]);
    else this.#sections.set(name, at.line);
    this.#section = name;
    this.#keys = new Map();
  }

  #checkKey(at: Place, { key, value, valueFrom }: Extract<Content, { kind: "key" }>): void {
    if (key === "") this.#add("error", at, ["CONFIG_KEY_NAME", "there is nothing before ="]);
    if (this.#section === "" && this.#sections.size === 0)
      this.#add("warning", at, ["CONFIG_NO_SECTION", `${key} stands before the first section`]);
    if (isQuoteOpen(value)) this.#add("error", at, ["CONFIG_QUOTE", 'a value that begins with " must end with "']);
    const first = this.#keys.get(key);
    const repeated = `${key} has a value already in line ${first}; this one is not read`;
    if (first !== undefined) this.#add("warning", at, ["CONFIG_KEY_REPEATED", repeated]);
    else this.#keys.set(key, at.line);
    if (this.#section === "COLOR") this.#checkColor(at, key);
    else if (Object.hasOwn(KEYS, this.#section)) this.#checkKnown(at, key, { value, column: valueFrom + 1 });
  }

  #checkColor(at: Place, key: string): void {
    if (COLOR_KEY.test(key)) return;
    this.#add("warning", at, ["CONFIG_KEY_UNKNOWN", "[COLOR] has FieldName0, FieldValue0, FieldName1 and so on"]);
  }

  /** Sections of the framework know their keys; other sections are the author's own. */
  #checkKnown(at: Place, key: string, { value, column }: { value: string; column: number }): void {
    const section = this.#section;
    const keys = KEYS[section] ?? {};
    if (!Object.hasOwn(keys, key)) {
      const names = Object.keys(keys).find((known) => known.toLowerCase() === key.toLowerCase());
      const hint = names === undefined ? "" : `; did you mean ${names}?`;
      this.#add("warning", at, ["CONFIG_KEY_UNKNOWN", `[${section}] has no key ${key}${hint}`]);
      return;
    }
    if (this.#language === "typescript" && OLD_KEYS.has(key))
      this.#add("warning", at, ["CONFIG_KEY_NO_EFFECT", `${key} has no effect in a TypeScript service`]);
    this.#checkValue({ line: at.line, column }, key, value);
  }

  #checkValue(at: Place, key: string, value: string): void {
    const limits = KEYS[this.#section]?.[key];
    const found = JSON.stringify(value);
    if (key === "Level" && !LEVELS.includes(value.toUpperCase()))
      this.#add("error", at, ["CONFIG_LEVEL", `Level is one of ${LEVELS.join(", ")}, not ${found}`]);
    if (!limits || (/^\d{1,10}$/.test(value) && Number(value) >= limits.min && Number(value) <= limits.max)) return;
    const text = `${key} is a whole number from ${limits.min} to ${limits.max}, not ${found}`;
    this.#add("error", at, ["CONFIG_NUMBER", text]);
  }

  #add(severity: TextProblem["severity"], at: Place, [rule, message]: [string, string]): void {
    this.problems.push({ ...at, rule, message, severity });
  }
}

interface Place {
  readonly line: number;
  readonly column: number;
}
