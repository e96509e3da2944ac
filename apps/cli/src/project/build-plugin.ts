/**
 * `msec build`: bundles a service into one file and packs it. Equal sources give equal bytes: entries are sorted and carry no
 * times, so the hash of an archive says what is in it.
 *
 *   msec.json          { formatVersion, service, main }
 *   service.js (.map)  the bundle; only @msec/sdk stays outside (docs/adr/0004-plug-in.md)
 *   idl/*.proto        for people and tools
 */
import { readFileSync } from "node:fs";
import { mkdir, rename, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { type BuildFailure, type BuildOptions, type BuildResult, build, context } from "esbuild";
import { pack } from "tar-stream";
import { BuildFailed } from "../errors.js";
import { generateProject } from "./generate.js";
import type { Project } from "./project.js";

export const PLUGIN_FORMAT_VERSION = 1;

export interface BuiltPlugin {
  readonly file: string;
  readonly sizeBytes: number;
}

/** @throws {BuildFailed} with esbuild's findings, each with file and line */
export async function buildPlugin(project: Project, outFile = defaultOutFile(project)): Promise<BuiltPlugin> {
  generateProject(project);
  const bundle = await bundleService(project);
  const manifest = { formatVersion: PLUGIN_FORMAT_VERSION, service: project.service, main: "service.js" };
  const entries = new Map<string, Uint8Array | string>([
    ["msec.json", `${JSON.stringify(manifest, null, 2)}\n`],
    ...bundle,
    ...project.protoFiles.map((file) => [`idl/${basename(file)}`, readFileSync(file)] as const),
  ]);
  const archive = gzipSync(await packEntries(entries), { level: 9 });
  await mkdir(dirname(outFile), { recursive: true });
  await writeFile(`${outFile}.tmp`, archive);
  await rename(`${outFile}.tmp`, outFile);
  return { file: outFile, sizeBytes: archive.length };
}

export function defaultOutFile(project: Project): string {
  return join(project.directory, "dist", `${project.service}.tgz`);
}

type BundleFile = readonly [name: string, content: Uint8Array];

/** Bundles the entry to memory. @throws {BuildFailed} */
async function bundleService(project: Project): Promise<readonly BundleFile[]> {
  return readOutput(await build(bundleOptions(project, join(project.directory, "dist"))).catch(failBuild));
}

/** A bundler that keeps what it has read, so that a second run reads and parses the changed files only. */
export interface ProjectBundler {
  /** @throws {BuildFailed} */
  rebuild(): Promise<readonly BundleFile[]>;
  close(): Promise<void>;
}

/** @param directory where the files will lie: stacks name sources relative to it */
export async function openBundler(project: Project, directory: string): Promise<ProjectBundler> {
  const kept = await context(bundleOptions(project, directory));
  return {
    rebuild: async () => readOutput(await kept.rebuild().catch(failBuild)),
    close: () => kept.dispose(),
  };
}

function bundleOptions(project: Project, directory: string) {
  return {
    entryPoints: [project.entry],
    absWorkingDir: project.directory,
    outfile: join(directory, "service.js"),
    write: false,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node20",
    external: ["@msec/sdk"],
    sourcemap: "linked",
    sourcesContent: true,
    logLevel: "silent",
    // Bundled CommonJS packages call require(), which ES modules lack.
    banner: {
      js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
    },
  } as const satisfies BuildOptions;
}

function readOutput({ outputFiles = [] }: BuildResult): readonly BundleFile[] {
  return outputFiles.map((file) => [basename(file.path), file.contents] as const);
}

function failBuild(cause: unknown): never {
  throw new BuildFailed({ problems: problemsOf(cause as BuildFailure) }, { cause });
}

function problemsOf(failure: BuildFailure): string[] {
  return (failure.errors ?? []).map(({ location, text }) => {
    const hint = text.includes(".node") ? " (packages with native add-ons can't be part of a plug-in)" : "";
    return location ? `${location.file}:${location.line}:${location.column}: ${text}${hint}` : `${text}${hint}`;
  });
}

async function packEntries(entries: ReadonlyMap<string, Uint8Array | string>): Promise<Uint8Array> {
  const tar = pack();
  for (const [name, content] of [...entries].toSorted(([a], [b]) => (a < b ? -1 : 1)))
    tar.entry({ name, mtime: new Date(0), mode: 0o644 }, Buffer.from(content));
  tar.finalize();
  const chunks: Uint8Array[] = [];
  for await (const chunk of tar) chunks.push(chunk as Uint8Array);
  return Buffer.concat(chunks);
}
