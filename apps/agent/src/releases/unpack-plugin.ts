/**
 * Unpacks a plug-in archive (.tgz) into a new directory. Only regular files and directories with plain relative paths are taken;
 * anything else refuses the whole archive. The archive is data of a service author, not trusted.
 */
import { createReadStream, createWriteStream } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { Transform, type Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { isAppError } from "@msec/core";
import { extract, type Header } from "tar-stream";
import { type Static, Type } from "typebox";
import { Value } from "typebox/value";
import { ArchiveInvalid } from "../errors.js";
import { tryReadJson } from "../files/atomic-file.js";

interface UnpackLimits {
  readonly maxEntries: number;
  readonly maxBytes: number;
}

const UNPACK_LIMITS: UnpackLimits = { maxEntries: 2_000, maxBytes: 1 << 30 };
const MAX_PATH_CHARS = 240;
const MAX_DEPTH = 16;

const Manifest = Type.Object({
  formatVersion: Type.Literal(1),
  service: Type.String(),
  main: Type.String({ minLength: 1 }),
});
export type PluginManifest = Static<typeof Manifest>;

/**
 * @param directory must exist and be empty
 * @throws {ArchiveInvalid} what is wrong; the directory may hold a part then, delete it
 */
export async function unpackPlugin(
  archive: string,
  directory: string,
  limits = UNPACK_LIMITS,
): Promise<PluginManifest> {
  const files = new Set<string>();
  const tar = extract();
  const feeding = pipeline(createReadStream(archive), createGunzip(), boundedBytes(limits), tar as unknown as Writable);
  feeding.catch(() => undefined); // told below
  try {
    let entries = 0;
    for await (const entry of tar) {
      if (++entries > limits.maxEntries)
        throw new ArchiveInvalid({ problem: `it has more than ${limits.maxEntries} entries` });
      await unpackEntry(entry as unknown as ArchiveEntry, directory, files);
    }
    await feeding;
  } catch (error) {
    tar.destroy();
    if (isAppError(error) || isDiskError(error)) throw error;
    throw new ArchiveInvalid({ problem: `it can't be read: ${(error as Error).message}` }, { cause: error });
  }
  return readManifest(directory, files);
}

/** Refuses a path that could leave the directory or means different things to different readers. */
function checkEntryPath(raw: string): string {
  const path = raw.replace(/^\.\//, "").replace(/\/$/, "");
  const problem = pathProblem(path, path.split("/"));
  if (problem) throw new ArchiveInvalid({ problem: `the path ${JSON.stringify(raw.slice(0, 100))} ${problem}` });
  return path;
}

function pathProblem(path: string, parts: readonly string[]): string | undefined {
  if (/[\\\p{Cc}]/u.test(path)) return "has a backslash or a control character";
  if (path.startsWith("/")) return "is absolute";
  if (parts.some((part) => part === ".." || part === "." || part === "")) return "has empty or dotted parts";
  if (path.length > MAX_PATH_CHARS || parts.length > MAX_DEPTH) return "is too long or too deep";
  return undefined;
}

/** What tar-stream gives; its streams are not those of Node but can be iterated. */
interface ArchiveEntry extends AsyncIterable<Buffer> {
  readonly header: Header;
  resume(): unknown;
}

async function unpackEntry(entry: ArchiveEntry, directory: string, files: Set<string>): Promise<void> {
  const { type, name } = entry.header;
  if (type === "directory" && (name === "." || name === "./")) {
    entry.resume();
    return;
  }
  const path = checkEntryPath(name);
  if (type === "directory") {
    await mkdir(`${directory}/${path}`, { recursive: true, mode: 0o700 });
    entry.resume();
    return;
  }
  if (type !== "file" && type !== "contiguous-file")
    throw new ArchiveInvalid({
      problem: `${JSON.stringify(path)} is a ${type}; only files and directories are allowed`,
    });
  if (files.has(path)) throw new ArchiveInvalid({ problem: `${JSON.stringify(path)} comes twice` });
  files.add(path);
  await mkdir(dirname(`${directory}/${path}`), { recursive: true, mode: 0o700 });
  await pipeline(entry, createWriteStream(`${directory}/${path}`, { flags: "wx", mode: 0o600, flush: true }));
}

/** Stops a small archive that unpacks to a huge one. */
function boundedBytes(limits: UnpackLimits): Transform {
  let sizeBytes = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      sizeBytes += chunk.length;
      if (sizeBytes <= limits.maxBytes) done(undefined, chunk);
      else done(new ArchiveInvalid({ problem: `it unpacks to more than ${limits.maxBytes} B` }));
    },
  });
}

function readManifest(directory: string, files: ReadonlySet<string>): PluginManifest {
  const manifest = tryReadJson(`${directory}/msec.json`);
  if (!Value.Check(Manifest, manifest)) throw new ArchiveInvalid({ problem: "its msec.json is missing or not valid" });
  const main = checkEntryPath(manifest.main);
  if (!files.has(main)) throw new ArchiveInvalid({ problem: `its main file ${JSON.stringify(main)} is missing` });
  return manifest;
}

function isDiskError(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === "ENOSPC" || code === "EDQUOT" || code === "EIO";
}
