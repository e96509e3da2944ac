/**
 * config.ini: sections of `key = value`. The whole dialect: docs/reference/config-ini.md.
 *
 *   # comment            ; comment
 *   [SECTION]
 *   key = value          text after a blank and # or ; is a comment
 *   key = "a # b; \" c"  quoted: taken as it is, \" and \\ are escapes
 *
 * Names are case-sensitive, blanks around names and values are dropped, lines before any section belong to section "".
 */
import { ConfigInvalid, type ConfigProblem } from "@msec/core";

export const MAX_CONFIG_CHARS = 1 << 20;

/** How author's code reads its configuration. */
export interface ConfigReader {
  /** Value of a key as text; undefined when it is not there or empty. */
  get(section: string, key: string): string | undefined;
}

/** A file that was read. */
export class ConfigIni implements ConfigReader {
  /** What is allowed but surely not meant: keys given twice. */
  readonly warnings: readonly ConfigProblem[];
  readonly #sections: ReadonlyMap<string, ReadonlyMap<string, string>>;

  constructor(sections: ReadonlyMap<string, ReadonlyMap<string, string>>, warnings: readonly ConfigProblem[]) {
    this.#sections = sections;
    this.warnings = warnings;
  }

  get(section: string, key: string): string | undefined {
    return this.#sections.get(section)?.get(key) || undefined;
  }

  /** Names of the sections, "" included, in order. */
  sections(): readonly string[] {
    return [...this.#sections.keys()];
  }

  /** Names of the keys of a section, in order. */
  keys(section: string): readonly string[] {
    return [...(this.#sections.get(section)?.keys() ?? [])];
  }
}

/**
 * Reads the text of a config.ini.
 *
 * @param file name for error texts
 * @throws CFG_INVALID naming every line that is wrong
 */
export function parseConfigIni(text: string, file = "config.ini"): ConfigIni {
  return new IniParser(file).parse(text);
}

class IniParser {
  readonly #file: string;
  readonly #problems: ConfigProblem[] = [];
  readonly #warnings: ConfigProblem[] = [];
  readonly #sections = new Map<string, Map<string, string>>([["", new Map()]]);
  readonly #sectionLines = new Map<string, number>();
  #keys = this.#sections.get("")!;
  #line = 0;

  constructor(file: string) {
    this.#file = file;
  }

  parse(text: string): ConfigIni {
    if (text.length > MAX_CONFIG_CHARS)
      this.#problem(`has ${text.length} characters, at most ${MAX_CONFIG_CHARS} are read`);
    else if (text.includes("\0")) this.#problem("contains a NUL character; is it a text file?");
    else this.#lines(text);
    if (this.#problems.length > 0) throw new ConfigInvalid({ problems: this.#problems });
    return new ConfigIni(this.#sections, this.#warnings);
  }

  #lines(text: string): void {
    for (const raw of text.replace(/^\uFEFF/, "").split(/\r\n|\n|\r/)) {
      this.#line += 1;
      const line = raw.trim();
      if (line === "" || line.startsWith("#") || line.startsWith(";")) continue;
      if (line.startsWith("[")) this.#section(line);
      else this.#pair(line);
    }
  }

  #section(line: string): void {
    const end = line.indexOf("]");
    const name = line.slice(1, Math.max(1, end)).trim();
    const rest = line.slice(end + 1).trim();
    const before = this.#sectionLines.get(name);
    if (end < 0) this.#problem("a section needs its closing ]");
    else if (rest !== "" && !/^[#;]/.test(rest)) this.#problem(`unexpected text after the section: ${rest}`);
    else if (before !== undefined) this.#problem(`section [${name}] is already in line ${before}; merge the two`);
    else {
      this.#sectionLines.set(name, this.#line);
      this.#keys = new Map();
      this.#sections.set(name, this.#keys);
    }
  }

  #pair(line: string): void {
    const equals = line.indexOf("=");
    const key = line.slice(0, Math.max(0, equals)).trim();
    if (key === "") {
      this.#problem("expected [section] or key = value");
      return;
    }
    const value = this.#value(line.slice(equals + 1).trim());
    if (value === undefined) return;
    if (this.#keys.has(key))
      this.#warnings.push(this.#at(`${key} is given twice in its section; the first value counts`));
    else this.#keys.set(key, value);
  }

  #value(text: string): string | undefined {
    if (!text.startsWith('"')) return text.replace(/(^|\s)[#;].*$/, "").trim();
    const quoted = /^"((?:[^"\\]|\\.)*)"\s*(?:[#;].*)?$/.exec(text);
    if (quoted) return (quoted[1] ?? "").replace(/\\(["\\])/g, "$1");
    this.#problem('a value that begins with " must end with " (inside, write \\" and \\\\)');
    return undefined;
  }

  #at(message: string): ConfigProblem {
    return { path: this.#line === 0 ? this.#file : `${this.#file} line ${this.#line}`, message };
  }

  #problem(message: string): void {
    this.#problems.push(this.#at(message));
  }
}
