/** Files that are either the old ones or the new ones, whatever is killed meanwhile. */
import { randomBytes } from "node:crypto";
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeSync } from "node:fs";
import { dirname } from "node:path";

export interface AtomicWriteOptions {
  /** Default 0600. */
  readonly mode?: number;
  /** False: survives a killed process but maybe not a power cut; for what is written often. Default true. */
  readonly durable?: boolean;
}

/** Writes next to the target, flushes to disk and renames. Directories above are made (0700). */
export function writeFileAtomic(path: string, content: string, options: AtomicWriteOptions = {}): void {
  const { mode = 0o600, durable = true } = options;
  const directory = dirname(path);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const temporary = `${path}.${randomBytes(6).toString("hex")}.tmp`;
  const fd = openSync(temporary, "wx", mode);
  try {
    writeSync(fd, content);
    if (durable) fsyncSync(fd);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  } finally {
    closeSync(fd);
  }
  renameSync(temporary, path);
  if (durable) syncDirectory(directory);
}

/** Makes renames and new names in a directory survive a power cut. */
export function syncDirectory(directory: string): void {
  const fd = openSync(directory, "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** The file's text, or `undefined` when there is none. */
export function tryReadText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** The file as JSON, or `undefined` when it is missing or no JSON. */
export function tryReadJson(path: string): unknown {
  const text = tryReadText(path);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
