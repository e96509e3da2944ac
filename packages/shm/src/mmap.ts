/**
 * The only place that talks to the C library: `mmap`, `posix_fallocate` and `flock` through koffi.
 *
 * Nothing here ever unmaps. A view that outlives its mapping kills the process (SIGSEGV), a file that shrinks under one
 * does too (SIGBUS), and neither can be caught; so a mapping lives as long as its process and a mapped file only grows by
 * being replaced. See docs/adr/0002-shared-memory.md.
 */
import { ftruncateSync } from "node:fs";
import koffi from "koffi";
import { SharedMapFailed } from "./errors.js";

const PROT_READ_WRITE = 3;
const MAP_SHARED = 1;
const LOCK_EXCLUSIVE_NOW = 2 | 4;
/** EWOULDBLOCK of Linux and of macOS. */
const WOULD_BLOCK: readonly number[] = [11, 35];
const MAP_FAILED = 0xffff_ffff_ffff_ffffn;

interface LibC {
  mmap(address: null, sizeBytes: number, protection: number, flags: number, fd: number, offset: number): unknown;
  flock(fd: number, operation: number): number;
  posixFallocate: ((fd: number, offset: number, sizeBytes: number) => number) | undefined;
}

let libc: LibC | undefined;

function loadLibC(): LibC {
  if (libc) return libc;
  const library = koffi.load(null);
  libc = {
    mmap: library.func("void *mmap(void *addr, size_t length, int prot, int flags, int fd, int64_t offset)"),
    flock: library.func("int flock(int fd, int operation)"),
    posixFallocate: tryFallocate(library),
  };
  return libc;
}

/** Not every C library has it (macOS); blocks are then reserved only when first written. */
function tryFallocate(library: ReturnType<typeof koffi.load>): LibC["posixFallocate"] {
  try {
    return library.func("int posix_fallocate(int fd, int64_t offset, int64_t len)") as LibC["posixFallocate"];
  } catch {
    return undefined;
  }
}

/** Maps the first `sizeBytes` of an open file for reading and writing, shared with all processes. @throws {SharedMapFailed} */
export function mapFile(fd: number, sizeBytes: number, path: string): ArrayBuffer {
  const pointer = loadLibC().mmap(null, sizeBytes, PROT_READ_WRITE, MAP_SHARED, fd, 0);
  if (koffi.address(pointer) === MAP_FAILED) {
    throw new SharedMapFailed({ path, operation: "mmap", errno: koffi.errno() });
  }
  return koffi.view(pointer, sizeBytes);
}

/** A part of a file, in bytes. */
export interface FileRange {
  readonly offset: number;
  readonly sizeBytes: number;
}

/**
 * Gives a new file its size and reserves disk blocks for `ranges`, so that a full disk is an error here and not a SIGBUS
 * in some process that writes through the mapping later. The rest stays sparse and zero.
 *
 * @throws {SharedMapFailed} no space left
 */
export function reserveFile(fd: number, sizeBytes: number, ranges: readonly FileRange[], path: string): void {
  ftruncateSync(fd, sizeBytes);
  const { posixFallocate } = loadLibC();
  if (!posixFallocate) return;
  for (const range of ranges) {
    const errno = posixFallocate(fd, range.offset, range.sizeBytes);
    if (errno !== 0) throw new SharedMapFailed({ path, operation: "posix_fallocate", errno });
  }
}

/**
 * Takes the exclusive advisory lock of an open file without waiting; closing the file, or the end of the process, gives it back.
 *
 * @returns false when somebody else holds it
 * @throws {SharedMapFailed} the file system knows no locks
 */
export function tryLockOpened(fd: number, path: string): boolean {
  if (loadLibC().flock(fd, LOCK_EXCLUSIVE_NOW) === 0) return true;
  const errno = koffi.errno();
  if (WOULD_BLOCK.includes(errno)) return false;
  throw new SharedMapFailed({ path, operation: "flock", errno });
}
