/** Advisory locks on files that programs of the archived system lock too. */
import { closeSync, constants, openSync } from "node:fs";
import { tryLockOpened } from "./mmap.js";

const { O_CREAT, O_NOFOLLOW, O_RDWR } = constants;

/** Held until it is closed, or the process ends in whatever way. */
export interface FileLock {
  readonly fd: number;
  close(): void;
}

/**
 * Locks a file, made when it is missing, without waiting.
 *
 * @param mode permissions of a new file
 * @returns `undefined` when another process, or another lock of this one, holds it
 */
export function tryLockFile(path: string, mode = 0o660): FileLock | undefined {
  const fd = openSync(path, O_RDWR | O_CREAT | O_NOFOLLOW, mode);
  try {
    if (tryLockOpened(fd, path)) return { fd, close: () => closeSync(fd) };
  } catch (error) {
    closeSync(fd);
    throw error;
  }
  closeSync(fd);
  return undefined;
}
