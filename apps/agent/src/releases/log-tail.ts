/** The last lines that a service wrote since some moment, for the text of a failed order. */
import { closeSync, openSync, readSync, statSync } from "node:fs";

const MAX_BYTES = 8 << 10;
const MAX_LINES = 15;
const MAX_CHARS = 2_500;

export interface LogTail {
  /** Lines written since, as "; last lines of ctrl.log:\n…", or "" when there are none. */
  since(): string;
}

export function readLogTail(path: string): LogTail {
  const startBytes = sizeOf(path);
  return {
    since: () => {
      const endBytes = sizeOf(path);
      const start = endBytes < startBytes ? 0 : startBytes; // set aside meanwhile
      const text = readRange(path, Math.max(start, endBytes - MAX_BYTES), endBytes);
      const lines = text.trimEnd().split("\n").slice(-MAX_LINES).join("\n").slice(-MAX_CHARS);
      return lines === "" ? "" : `; last lines of ctrl.log:\n${lines}`;
    },
  };
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

function readRange(path: string, start: number, end: number): string {
  if (end <= start) return "";
  const fd = openSync(path, "r");
  try {
    const bytes = Buffer.alloc(end - start);
    return bytes.subarray(0, readSync(fd, bytes, 0, bytes.length, start)).toString("utf8");
  } finally {
    closeSync(fd);
  }
}
