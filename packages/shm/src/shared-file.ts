/**
 * Files that several processes map at once: creation that no opener can see half done, and one mapping per file and process.
 */
import {
  closeSync,
  fchmodSync,
  fstatSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
} from "node:fs";
import { dirname } from "node:path";
import { threadId } from "node:worker_threads";
import { SharedFileMissing, SharedFileTooShort } from "./errors.js";
import { type FileRange, mapFile, reserveFile } from "./mmap.js";

/** A mapped file. There is no way to unmap it: see mmap.ts. */
export interface SharedFile {
  readonly path: string;
  readonly sizeBytes: number;
  /** All bytes of the file; changes are seen by every process that maps it. Use `Atomics` on an `Int32Array` of it. */
  readonly buffer: ArrayBuffer;
  /** Device and inode; tells a replaced file from the mapped one. */
  readonly identity: string;
}

export interface SharedFileOptions {
  /** Least size an opener accepts, and the size of a new file. */
  readonly sizeBytes: number;
  /** Make the file when it is missing. Default false. */
  readonly create?: boolean;
  /** Permissions of a new file. Default 0600; its directory gets 0700. */
  readonly mode?: number;
  /** Parts of a new file whose disk blocks are reserved. Default: all of it. */
  readonly reserve?: readonly FileRange[];
  /** Writes the first content of a new file, before any other process can see it. */
  readonly fill?: (buffer: ArrayBuffer) => void;
}

const mapped = new Map<string, SharedFile>();
let temporaryCount = 0;

/**
 * Maps a file, making it first when `create` is set. Opening the same file (inode) again in this process gives the same buffer.
 *
 * @throws {SharedFileMissing} no such file and `create` is not set
 * @throws {SharedFileTooShort} the file is smaller than `sizeBytes`; mapping it could kill the process
 * @throws {SharedMapFailed} the system refused, for example because the disk is full
 */
export function openSharedFile(path: string, opts: SharedFileOptions): SharedFile {
  const existing = tryOpen(path);
  if (existing !== undefined) return mapOpened(existing, path, opts.sizeBytes);
  if (opts.create !== true) throw new SharedFileMissing({ path });
  const temporary = writeTemporary(path, opts);
  try {
    linkSync(temporary, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error; // else another process was first: use its file
  } finally {
    rmSync(temporary, { force: true });
  }
  const fd = tryOpen(path);
  if (fd === undefined) throw new SharedFileMissing({ path });
  return mapOpened(fd, path, opts.sizeBytes);
}

/** Puts a new file in the place of an old one, whole or not at all. Processes that mapped the old one keep it. */
export function replaceSharedFile(path: string, opts: SharedFileOptions): SharedFile {
  const temporary = writeTemporary(path, opts);
  try {
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  const fd = tryOpen(path);
  if (fd === undefined) throw new SharedFileMissing({ path });
  return mapOpened(fd, path, opts.sizeBytes);
}

/** Device and inode of what is at `path` now, or `undefined`. Compare with {@link SharedFile.identity}. */
export function tryFileIdentity(path: string): string | undefined {
  const fd = tryOpen(path);
  if (fd === undefined) return undefined;
  try {
    return identityOf(fd).identity;
  } finally {
    closeSync(fd);
  }
}

function tryOpen(path: string): number | undefined {
  try {
    return openSync(path, "r+");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

function identityOf(fd: number): { identity: string; sizeBytes: number } {
  const stat = fstatSync(fd);
  return { identity: `${stat.dev}:${stat.ino}`, sizeBytes: stat.size };
}

function mapOpened(fd: number, path: string, neededBytes: number): SharedFile {
  try {
    const { identity, sizeBytes } = identityOf(fd);
    if (sizeBytes < neededBytes) throw new SharedFileTooShort({ path, sizeBytes, neededBytes });
    const known = mapped.get(identity);
    if (known && known.sizeBytes >= neededBytes) return known;
    const file: SharedFile = { path, sizeBytes, identity, buffer: mapFile(fd, sizeBytes, path) };
    mapped.set(identity, file);
    return file;
  } finally {
    closeSync(fd);
  }
}

function writeTemporary(path: string, opts: SharedFileOptions): string {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  temporaryCount += 1;
  const temporary = `${path}.${process.pid}.${threadId}.${temporaryCount}.${Date.now().toString(36)}.tmp`;
  const fd = openSync(temporary, "wx+", 0o600);
  try {
    reserveFile(fd, opts.sizeBytes, opts.reserve ?? [{ offset: 0, sizeBytes: opts.sizeBytes }], path);
    opts.fill?.(mapTemporary(fd, opts.sizeBytes, path));
    fchmodSync(fd, opts.mode ?? 0o600);
    fsyncSync(fd);
    return temporary;
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  } finally {
    closeSync(fd);
  }
}

/** The inode stays the same after link or rename, so the mapping made for filling is the one that is used afterwards. */
function mapTemporary(fd: number, sizeBytes: number, path: string): ArrayBuffer {
  const { identity } = identityOf(fd);
  const file: SharedFile = { path, sizeBytes, identity, buffer: mapFile(fd, sizeBytes, path) };
  mapped.set(identity, file);
  return file.buffer;
}
