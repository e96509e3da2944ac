import { execFileSync } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { cpus, loadavg, release, totalmem } from "node:os";
import { relative } from "node:path";
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

/** The processor, its load and what ran: what is needed to judge figures. */
function circumstances() {
  const processors = cpus();
  return {
    commit: commitOf(),
    cpu: processors[0]?.model ?? "unknown",
    cores: processors.length,
    kernel: release(),
    memoryGb: Math.round(totalmem() / 2 ** 30),
    loadAverage: loadavg().map((load) => Math.round(load * 100) / 100),
    node: process.version,
  };
}

export interface ResultOptions {
  /** The figures that the line on stdout shows and the file begins with. Default: all of them. */
  readonly line?: Readonly<Record<string, unknown>>;
  /** False for a part of a benchmark: the line is printed, no file is written. Default true. */
  readonly isKept?: boolean;
}

/** Writes `results/<date>-<commit>-<name>.json` and prints one JSON line, the last one on stdout. */
export async function writeResult(
  name: string,
  figures: Readonly<Record<string, unknown>>,
  options: ResultOptions = {},
): Promise<void> {
  const date = new Date().toISOString();
  const about = { benchmark: name, date, ...circumstances() };
  const { line = figures, isKept = true } = options;
  let file: string | undefined;
  if (isKept) {
    await mkdir(folder, { recursive: true });
    file = `${folder}${date.slice(0, 10)}-${about.commit}-${name}.json`;
    await writeFile(file, `${JSON.stringify({ ...about, ...options.line, ...figures }, undefined, 2)}\n`);
    process.stderr.write(`written to ${file}\n`);
  }
  process.stdout.write(
    `${JSON.stringify({ ...line, ...about, ...(file && { file: relative(process.cwd(), file) }) })}\n`,
  );
}
