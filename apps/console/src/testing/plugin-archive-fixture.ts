import { gzipSync } from "node:zlib";
import { type Header, pack } from "tar-stream";

export interface FixtureEntry {
  readonly header: Partial<Header> & { readonly name: string };
  readonly content?: string | Uint8Array;
}

/** A .tgz with these entries. */
export async function tgz(entries: readonly FixtureEntry[]): Promise<Uint8Array> {
  const archive = pack();
  for (const { header, content } of entries)
    archive.entry({ mtime: new Date(0), ...header }, Buffer.from(content ?? ""));
  archive.finalize();
  const chunks: Uint8Array[] = [];
  for await (const chunk of archive) chunks.push(chunk as Uint8Array);
  return gzipSync(Buffer.concat(chunks));
}

export function manifest(facts: Readonly<Record<string, unknown>> = {}): FixtureEntry {
  const value = { formatVersion: 1, service: "Flight.mod_flight", main: "service.js", ...facts };
  return { header: { name: "msec.json" }, content: JSON.stringify(value) };
}

export const MAIN: FixtureEntry = { header: { name: "service.js" }, content: "export default {};\n" };

/** What `msec build` would make for this service. */
export function pluginArchive(service = "Flight.mod_flight"): Promise<Uint8Array> {
  return tgz([manifest({ service }), MAIN, { header: { name: "idl", type: "directory" } }]);
}
