/** Checks a plug-in archive (.tgz made by `msec build`) in one pass, without unpacking it to disk. */
import { createReadStream } from "node:fs";
import { Transform, type TransformCallback } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { isAppError } from "@msec/core";
import { extract, type Header } from "tar-stream";
import { type Static, Type } from "typebox";
import { Value } from "typebox/value";
import {
  PluginEntryRefused,
  PluginMainMissing,
  PluginManifestInvalid,
  PluginManifestMissing,
  PluginNotArchive,
  PluginServiceMismatch,
  PluginTooLarge,
  PluginTooManyEntries,
} from "./errors.js";

export const MAX_ENTRIES = 2000;
export const MAX_UNPACKED_BYTES = 2 ** 30;
const MAX_MANIFEST_BYTES = 64 * 1024;
const MAX_PATH_CHARS = 200;

/** `msec.json` of an archive. */
export const PluginManifest = Type.Object({
  formatVersion: Type.Literal(1),
  service: Type.String({ minLength: 5, maxLength: 33 }),
  main: Type.String({ minLength: 1, maxLength: MAX_PATH_CHARS }),
});
export type PluginManifest = Static<typeof PluginManifest>;

/**
 * Reads the archive at `path` and checks limits, paths and manifest.
 *
 * @param service `First.Second` that the manifest must name
 * @throws {PluginNotArchive} {PluginEntryRefused} {PluginTooLarge} {PluginTooManyEntries} {PluginManifestMissing}
 *   {PluginManifestInvalid} {PluginMainMissing} {PluginServiceMismatch}
 */
export async function checkPluginArchive(path: string, service: string): Promise<PluginManifest> {
  const content = await readArchive(path);
  if (content.manifestText === undefined) throw new PluginManifestMissing({});
  const manifest = parseManifest(content.manifestText);
  if (manifest.service !== service) throw new PluginServiceMismatch({ expected: service, found: manifest.service });
  if (!content.files.has(manifest.main)) throw new PluginMainMissing({ main: manifest.main });
  return manifest;
}

interface ArchiveContent {
  readonly files: Set<string>;
  entries: number;
  manifestText?: string;
}

async function readArchive(path: string): Promise<ArchiveContent> {
  const content: ArchiveContent = { files: new Set(), entries: 0 };
  const entries = extract();
  const unpacked = pipeline(createReadStream(path), createGunzip(), byteLimit(MAX_UNPACKED_BYTES), entries);
  try {
    await Promise.all([unpacked, readEntries(entries, content)]);
  } catch (error) {
    entries.destroy();
    await unpacked.catch(() => undefined);
    if (isAppError(error)) throw error;
    throw new PluginNotArchive({ problem: error instanceof Error ? error.message : String(error) }, { cause: error });
  }
  if (content.entries === 0) throw new PluginNotArchive({ problem: "it is empty" });
  return content;
}

/** One file or folder while it is read. */
interface ArchiveEntry extends AsyncIterable<unknown> {
  readonly header: Header;
  resume(): unknown;
}

async function readEntries(entries: AsyncIterable<ArchiveEntry>, content: ArchiveContent): Promise<void> {
  for await (const entry of entries) {
    content.entries++;
    if (content.entries > MAX_ENTRIES) throw new PluginTooManyEntries({ limit: MAX_ENTRIES });
    const name = checkEntry(entry.header);
    if (entry.header.type === "file") {
      if (content.files.has(name)) throw new PluginEntryRefused({ entry: name, problem: "is there twice" });
      content.files.add(name);
    }
    if (name === "msec.json") content.manifestText = await readManifest(entry);
    else entry.resume();
  }
}

/** @returns the path without a leading `./` */
function checkEntry(header: Header): string {
  const refuse = (problem: string) => new PluginEntryRefused({ entry: header.name.slice(0, MAX_PATH_CHARS), problem });
  if (header.type !== "file" && header.type !== "directory")
    throw refuse(`is a ${header.type}; only files and directories may be inside`);
  const name = header.name.replace(/^(\.\/)+/, "").replace(/\/+$/, "");
  if (name.length > MAX_PATH_CHARS) throw refuse(`has a path longer than ${MAX_PATH_CHARS} characters`);
  if (name === "" || name === ".") {
    if (header.type === "directory") return "";
    throw refuse("has no name");
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (/[\u0000-\u001f\\]/.test(name)) throw refuse("has a backslash or a control character in its path");
  const parts = name.split("/");
  if (parts.some((part) => part === "" || part === "." || part === "..")) throw refuse("is not a plain relative path");
  return name;
}

async function readManifest(entry: ArchiveEntry): Promise<string> {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of entry as AsyncIterable<Uint8Array>) {
    sizeBytes += chunk.length;
    if (sizeBytes > MAX_MANIFEST_BYTES)
      throw new PluginManifestInvalid({ problem: `has more than ${MAX_MANIFEST_BYTES} bytes` });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function parseManifest(text: string): PluginManifest {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new PluginManifestInvalid({ problem: "it is no JSON" }, { cause });
  }
  if (Value.Check(PluginManifest, value)) return value;
  const first = Value.Errors(PluginManifest, value)[0];
  const field = first?.instancePath.slice(1) || "the whole";
  throw new PluginManifestInvalid({ problem: `${field}: ${first?.message ?? "is wrong"}` });
}

/** Fails when more passes through: a small archive may unpack to a huge one. */
function byteLimit(limitBytes: number): Transform {
  let sizeBytes = 0;
  return new Transform({
    transform(chunk: Uint8Array, _encoding, done: TransformCallback) {
      sizeBytes += chunk.length;
      if (sizeBytes > limitBytes) done(new PluginTooLarge({ what: "the unpacked archive", limitBytes }));
      else done(null, chunk);
    },
  });
}
