/**
 * The naming files of the archived system: `<directory>/<First>/<Second>/{meta.dat, servers.dat0, servers.dat1, meta.lock}`.
 *
 * Files are written in place and keep their inode, so that programs that mapped them go on with them over restarts and
 * changes of agents. `meta.dat` comes last and under the lock: whoever can open it finds the tables whole.
 */
import { closeSync, constants, lstatSync, openSync, readdirSync, writeSync } from "node:fs";
import { join } from "node:path";
import { parseServiceName } from "@msec/core";
import {
  NLB_META_FILE_BYTES,
  NLB_SERVER_BYTES,
  NLB_SERVERS_FILE_BYTES,
  NLB_SERVERS_HEADER_BYTES,
  NlbMetaView,
  NlbServersView,
} from "@msec/protocol";
import { SharedAccessDenied, SharedFileMissing, SharedLayoutInvalid, SharedLockBusy } from "./errors.js";
import { reserveFile } from "./mmap.js";
import { openBaseDirectory, openGroupDirectory, openToGroup } from "./nlb-access.js";
import { type FileLock, tryLockFile } from "./nlb-lock.js";
import { openSharedFile, type SharedFile, tryFileIdentity } from "./shared-file.js";

const { O_CREAT, O_NOFOLLOW, O_RDWR } = constants;
/** What the agents of one machine and directory lock, spelled as in the archived system: there is one writer. */
const SINGLE_WRITER = ".sigleton.lock";

export interface CreateNlbFilesOptions {
  /** Group that may use the files; `undefined`: the process's own. See `groupIdOf`. */
  readonly groupId?: number | undefined;
  /** Of the configuration, epoch milliseconds. */
  readonly mtimeMs: number;
  /** Writes the first content of each of the two tables. */
  readonly fill: (table: NlbServersView) => void;
}

/** The mapped files of one service. They stay mapped as long as the process lives. */
export class NlbFiles {
  readonly meta: NlbMetaView;
  readonly servers: readonly [NlbServersView, NlbServersView];
  readonly #files: readonly SharedFile[];
  #reservedBytes = 0;

  /** Use {@link openNlbFiles}. */
  constructor(files: readonly [meta: SharedFile, one: SharedFile, other: SharedFile]) {
    this.#files = files;
    this.meta = new NlbMetaView(files[0].buffer);
    this.servers = [new NlbServersView(files[1].buffer), new NlbServersView(files[2].buffer)];
  }

  /** True when other files are at the paths now, or none: programs that start now would not use these. */
  isReplaced(): boolean {
    return this.#files.some((file) => tryFileIdentity(file.path) !== file.identity);
  }

  /**
   * Reserves disk blocks for this many servers in both tables. Call it before more are written: on a full disk a write
   * through a mapping kills the process.
   *
   * @throws {SharedMapFailed} no space left
   */
  reserve(serverCount: number): void {
    const sizeBytes = usedBytes(serverCount);
    if (sizeBytes <= this.#reservedBytes) return;
    for (const { path } of this.#files.slice(1)) {
      withFile(path, (fd) => reserveFile(fd, NLB_SERVERS_FILE_BYTES, [{ offset: 0, sizeBytes }], path));
    }
    this.#reservedBytes = sizeBytes;
  }
}

/** Directory of a service. @throws NAME_INVALID: no name leads out of `directory` */
export function nlbServiceDirectory(directory: string, service: string): string {
  const { first, second } = parseServiceName(service);
  return join(directory, first, second);
}

/**
 * Maps the files of a service.
 *
 * @throws {SharedFileMissing} one is missing
 * @throws {SharedLockBusy} they are being written right now; try again
 * @throws {SharedLayoutInvalid} one has another size
 * @throws {SharedAccessDenied} the user may not use them
 */
export function openNlbFiles(directory: string, service: string): NlbFiles {
  const place = nlbServiceDirectory(directory, service);
  return convertErrors(place, () => {
    const meta = withMetaLock(place, () => openExact(join(place, "meta.dat"), NLB_META_FILE_BYTES));
    return new NlbFiles([
      meta,
      openExact(join(place, "servers.dat0"), NLB_SERVERS_FILE_BYTES),
      openExact(join(place, "servers.dat1"), NLB_SERVERS_FILE_BYTES),
    ]);
  });
}

/**
 * Writes the files of a service anew, in place where there are some, and maps them.
 *
 * @throws {SharedLockBusy} somebody opens them right now; try again
 * @throws {SharedAccessDenied} the user may not write there
 */
export function createNlbFiles(directory: string, service: string, opts: CreateNlbFilesOptions): NlbFiles {
  const place = nlbServiceDirectory(directory, service);
  convertErrors(place, () => {
    openPlace(directory, place, opts.groupId);
    withMetaLock(place, (lock) => {
      openToGroup(lock.fd, opts.groupId);
      const table = new NlbServersView(new ArrayBuffer(NLB_SERVERS_FILE_BYTES));
      opts.fill(table);
      const content = table.bytes.subarray(0, usedBytes(table.serverCount));
      for (const name of ["servers.dat0", "servers.dat1"]) {
        writeInPlace(join(place, name), content, { ...opts, sizeBytes: NLB_SERVERS_FILE_BYTES });
      }
      const head = new ArrayBuffer(NLB_META_FILE_BYTES);
      const meta = new NlbMetaView(head);
      meta.reset(service);
      meta.mtimeMs = opts.mtimeMs;
      writeInPlace(join(place, "meta.dat"), new Uint8Array(head), { ...opts, sizeBytes: NLB_META_FILE_BYTES });
    });
  });
  return openNlbFiles(directory, service);
}

/** Gives files that an agent of the archived system made, which only root could use, to the group. */
export function openNlbFilesToGroup(directory: string, service: string, groupId: number | undefined): void {
  const place = nlbServiceDirectory(directory, service);
  openPlace(directory, place, groupId);
  for (const name of ["meta.lock", "meta.dat", "servers.dat0", "servers.dat1"]) {
    withFile(join(place, name), (fd) => openToGroup(fd, groupId), O_CREAT);
  }
}

/** Names of services that have a directory; others than valid names are left out. */
export function listNlbServices(directory: string): string[] {
  const services: string[] = [];
  for (const first of directoriesIn(directory)) {
    for (const second of directoriesIn(join(directory, first))) {
      if (isServiceName(`${first}.${second}`)) services.push(`${first}.${second}`);
    }
  }
  return services.toSorted();
}

/**
 * Becomes the one writer of a directory, which is made if need be. Agents of the archived system take the same lock.
 *
 * @returns `undefined` while another agent has it
 */
export function tryLockNlbDirectory(directory: string, groupId?: number): FileLock | undefined {
  return convertErrors(directory, () => {
    openBaseDirectory(directory, SINGLE_WRITER, groupId);
    return tryLockFile(join(directory, SINGLE_WRITER), 0o600);
  });
}

function openPlace(directory: string, place: string, groupId: number | undefined): void {
  openBaseDirectory(directory, SINGLE_WRITER, groupId);
  openGroupDirectory(join(place, ".."), groupId);
  openGroupDirectory(place, groupId);
}

function usedBytes(serverCount: number): number {
  return NLB_SERVERS_HEADER_BYTES + serverCount * NLB_SERVER_BYTES;
}

function withMetaLock<T>(place: string, work: (lock: FileLock) => T): T {
  const path = join(place, "meta.lock");
  const lock = tryLockFile(path);
  if (lock === undefined) throw new SharedLockBusy({ path });
  try {
    return work(lock);
  } finally {
    lock.close();
  }
}

/** The size on disk counts: this process may have mapped more of the file before it was mended. */
function openExact(path: string, sizeBytes: number): SharedFile {
  const file = openSharedFile(path, { sizeBytes });
  const { size } = lstatSync(path);
  if (size === sizeBytes) return file;
  throw new SharedLayoutInvalid({ path, field: "file size", value: size, expected: `${sizeBytes}` });
}

function withFile<T>(path: string, work: (fd: number) => T, flags = 0): T {
  const fd = openSync(path, O_RDWR | O_NOFOLLOW | flags, 0o660);
  try {
    return work(fd);
  } finally {
    closeSync(fd);
  }
}

function writeInPlace(
  path: string,
  content: Uint8Array,
  opts: { readonly sizeBytes: number; readonly groupId?: number | undefined },
): void {
  const write = (fd: number): void => {
    openToGroup(fd, opts.groupId);
    let at = 0;
    while (at < content.length) at += writeSync(fd, content, at, content.length - at, at);
    reserveFile(fd, opts.sizeBytes, [{ offset: 0, sizeBytes: content.length }], path);
  };
  withFile(path, write, O_CREAT);
}

function directoriesIn(path: string): string[] {
  try {
    return readdirSync(path).filter((name) => lstatSync(join(path, name)).isDirectory());
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

function isServiceName(text: string): boolean {
  try {
    parseServiceName(text);
    return true;
  } catch {
    return false;
  }
}

/** The system's errors as ours. A missing directory is a missing file. */
function convertErrors<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EACCES" || code === "EPERM" || code === "EROFS")
      throw new SharedAccessDenied({ path }, { cause: error });
    if (code === "ENOENT" || code === "ENOTDIR") throw new SharedFileMissing({ path }, { cause: error });
    throw error;
  }
}
