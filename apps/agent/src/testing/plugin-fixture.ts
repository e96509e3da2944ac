/** Plug-in archives made by hand, and a real service host to run them. Only for tests. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { pack } from "tar-stream";
import { locateSdk, type SdkLocation } from "../sdk-location.js";

export const SERVICE = "Test.hello";

const HEAD = `import { defineService } from "@msec/sdk";\nconst Hello = { typeName: "t.Hello", methods: {} };\n`;
export const GOOD_PLUGIN = `${HEAD}export default defineService(Hello, {});\n`;
export const FAILING_PLUGIN = `${HEAD}export default defineService(Hello, { init() { throw new Error("no database here"); } });\n`;

export interface ArchiveEntry {
  readonly name: string;
  readonly content?: string;
  readonly type?: "file" | "directory" | "symlink" | "link";
  readonly linkname?: string;
}

/** Packs entries as they are, wrong ones too. */
export async function makeArchive(entries: readonly ArchiveEntry[]): Promise<Buffer> {
  const tar = pack();
  for (const { content = "", ...header } of entries) tar.entry({ mtime: new Date(0), ...header }, content);
  tar.finalize();
  const chunks: Uint8Array[] = [];
  for await (const chunk of tar as AsyncIterable<Uint8Array>) chunks.push(chunk);
  return gzipSync(Buffer.concat(chunks));
}

export function makePlugin(code: string, service = SERVICE): Promise<Buffer> {
  const manifest = JSON.stringify({ formatVersion: 1, service, main: "service.js" });
  return makeArchive([
    { name: "msec.json", content: manifest },
    { name: "service.js", content: code },
    { name: "idl", type: "directory" },
    { name: "idl/hello.proto", content: "package t;" },
  ]);
}

/** Compiles the agent and what it starts. */
export async function buildAgent(): Promise<SdkLocation> {
  const root = fileURLToPath(new URL("../../../..", import.meta.url));
  await promisify(execFile)("npx", ["tsc", "-b", "apps/agent"], { cwd: root });
  return locateSdk();
}

/** Ends a process and its group for good; gone already is fine. */
export function killGroup(pid: number): void {
  for (const target of [-pid, pid]) {
    try {
      process.kill(target, "SIGKILL");
    } catch {
      // gone
    }
  }
}
