/** Generated parts of pages that people write. */

export interface BlockMarks {
  readonly name: string;
  /** Of `npm run bench`, by which it is written. */
  readonly command: string;
}

/** The text with the block between its marks; at the end when there are none yet. */
export function withMarkedBlock(text: string, { name, command }: BlockMarks, block: string): string {
  const beginMark = `<!-- ${name}: written by \`npm run bench -- ${command}\`; do not edit -->`;
  const endMark = `<!-- ${name}: end -->`;
  const begin = text.indexOf(beginMark);
  const end = text.indexOf(endMark);
  const marked = `${beginMark}\n\n${block}\n\n${endMark}`;
  if (begin < 0 || end < begin) return `${text.trimEnd()}\n\n${marked}\n`;
  return `${text.slice(0, begin)}${marked}${text.slice(end + endMark.length)}`;
}
