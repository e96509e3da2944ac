/**
 * The only place that talks to the C library: `mmap` and `posix_fallocate` through koffi.
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
const MAP_FAILED = 0xffff_ffff_ffff_ffffn;

interface LibC {
  mmap(address: null, sizeBytes: number, protection: number, flags: number, fd: number, offset: number): unknown;
  posixFallocate: ((fd: number, offset: number, sizeBytes: number) => number) | undefined;
}

let libc: LibC | undefined;

function loadLibC(): LibC {
  if (libc) return libc;
  const library = koffi.load(null);
  libc = {
    mmap: library.func("void *mmap(void *addr, size_t length, int prot, int flags, int fd, int64_t offset)"),
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
