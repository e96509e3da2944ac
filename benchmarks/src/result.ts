import { execFileSync } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { cpus, loadavg } from "node:os";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL("../results/", import.meta.url));

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

function commitOf(): string {
  try {
    return execFileSync("git", ["rev-parse", "--short", "HEAD"], { cwd: folder, encoding: "utf8" }).trim();
  } catch {
    return "unknown";
  }
}

/** Writes `results/<date>-<commit>-<name>.json` with what is needed to judge the figures, and prints the same as one line. */
export async function writeResult(name: string, figures: Readonly<Record<string, unknown>>): Promise<void> {
  await mkdir(folder, { recursive: true });
  const date = new Date().toISOString();
  const commit = commitOf();
  const processors = cpus();
  const result = {
    benchmark: name,
    date,
    commit,
    cpu: processors[0]?.model ?? "unknown",
    cores: processors.length,
    loadAverage: loadavg().map((load) => Math.round(load * 100) / 100),
    node: process.version,
    ...figures,
  };
  const file = `${folder}${date.slice(0, 10)}-${commit}-${name}.json`;
  await writeFile(file, `${JSON.stringify(result, undefined, 2)}\n`);
  process.stderr.write(`written to ${file}\n`);
  process.stdout.write(`${JSON.stringify(result)}\n`);
}
