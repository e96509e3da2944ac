/**
 * Runs the fuzz properties for long: `npm run fuzz -- --minutes 10`. Each property gets an equal share, new seeds and ever more cases.
 * What fails is printed and kept in tests/fuzz/seeds.json, which the suite repeats from then on. Ends with the number of cases each had.
 */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const vitest = join(root, "node_modules", ".bin", "vitest");
const selection = ["--project", "unit", "tests/fuzz"];

const { values } = parseArgs({ options: { minutes: { type: "string", default: "10" } } });
const minutes = Number(values.minutes);
if (!(minutes > 0)) {
  process.stderr.write("usage: npm run fuzz -- --minutes 10\n");
  process.exit(2);
}

const scratch = mkdtempSync(join(tmpdir(), "msec-fuzz-"));
const report = join(scratch, "report.jsonl");
try {
  const shareMs = Math.floor((minutes * 60_000) / mostPropertiesPerFile());
  process.stdout.write(`${minutes} min, ${shareMs} ms per property\n`);
  const env = { ...process.env, MSEC_FUZZ_MS: String(shareMs), MSEC_FUZZ_REPORT: report };
  const child = spawn(vitest, ["run", ...selection], { cwd: root, env, stdio: "inherit" });
  const code = await new Promise((resolve) => child.on("exit", (exitCode) => resolve(exitCode ?? 1)));
  printCases();
  process.exitCode = code;
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

/** Files run side by side, the properties of one in turn. */
function mostPropertiesPerFile() {
  const { stdout } = spawnSync(vitest, ["list", ...selection, "--json"], { cwd: root, encoding: "utf8" });
  const counts = {};
  for (const { file } of JSON.parse(stdout)) counts[file] = (counts[file] ?? 0) + 1;
  return Math.max(...Object.values(counts));
}

function printCases() {
  const lines = existsSync(report) ? readFileSync(report, "utf8").trim().split("\n") : [];
  const rows = lines.map((line) => JSON.parse(line));
  for (const { name, cases } of rows) process.stdout.write(`${String(cases).padStart(10)}  ${name}\n`);
  const sum = rows.reduce((total, { cases }) => total + cases, 0);
  process.stdout.write(`${String(sum).padStart(10)}  cases of ${rows.length} properties\n`);
}
