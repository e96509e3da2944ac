/** Gathers the comments above a declaration. A blank line cuts the tie, so a licence header is nobody's documentation. */
export class CommentBuffer {
  #lines: string[] = [];
  #endLine = -1;

  add(text: string, startLine: number, endLine: number): void {
    if (startLine > this.#endLine + 1) this.#lines = [];
    this.#lines.push(this.clean(text));
    this.#endLine = endLine;
  }

  /** The comment that ends right above `line`; forgets what it held. */
  take(line: number): string {
    const text = line <= this.#endLine + 1 ? this.#lines.join("\n").trim() : "";
    this.#lines = [];
    return text;
  }

  /** Text without comment signs. */
  clean(text: string): string {
    if (text.startsWith("//")) return text.replace(/^\/\/+ ?/, "").trimEnd();
    const inner = text.replace(/^\/\*+/, "").replace(/\*+\/$/, "");
    return inner
      .split("\n")
      .map((line, i) => (i === 0 ? line.trim() : line.replace(/^\s*\* ?/, "").trimEnd()))
      .join("\n")
      .trim();
  }
}
