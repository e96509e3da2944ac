/**
 * Entry of the npm scripts. Plain JavaScript, since on a fresh clone nothing is installed or built yet:
 * installs when the lockfile changed, builds, then hands over.
 *
 *   node tools/bootstrap.mjs build | demo [--check] | test | bench <name> | chaos
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const stateFile = join(root, "node_modules", ".msec-bootstrap.json");

checkNode();
const [command = "build", ...rest] = process.argv.slice(2);
install();
build();
const programs = {
  build: undefined,
  demo: ["examples/demo/dist/main.js", ...rest],
  test: ["tools/run-tests.mjs", ...rest],
  bench: ["benchmarks/dist/main.js", ...rest],
  chaos: ["benchmarks/dist/main.js", "chaos", ...rest],
};
if (!Object.hasOwn(programs, command)) fail(`unknown command ${command}; one of ${Object.keys(programs).join(", ")}`);
const program = programs[command];
if (program) process.exit(await runForeground(program));

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major < 20 || (major === 20 && minor < 20))
    fail(`Node ${process.versions.node} is too old; 20.20 or newer is needed`);
}

function install() {
  const lock = createHash("sha256")
    .update(readFileSync(join(root, "package-lock.json")))
    .digest("hex");
  if (readState().lock === lock) return;
  // A tree that was installed by hand with this lockfile counts as installed.
  const isFresh = !existsSync(join(root, "node_modules", ".package-lock.json"));
  const isNewer =
    !isFresh && mtimeMs(join(root, "node_modules", ".package-lock.json")) >= mtimeMs(join(root, "package-lock.json"));
  // Not `npm ci`: it refuses a lockfile without the optional packages of other platforms, which some registry mirrors lack.
  // The lockfile is followed all the same, and not written.
  if (!isNewer)
    step("installing packages", "npm", ["install", "--no-save", "--no-fund", "--no-audit", "--loglevel=error"]);
  writeState({ ...readState(), lock });
}

function build() {
  step("building", process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-b"]);
  const web = newestMtimeMs([
    "apps/web/src",
    "apps/web/index.html",
    "apps/web/vite.config.ts",
    "packages/api-schema/src",
    "packages/core/src",
  ]);
  const built = join(root, "apps/web/dist/index.html");
  if (existsSync(built) && mtimeMs(built) > web) return;
  step("building the pages", "npm", ["run", "build", "--silent", "-w", "@msec/web", "--", "--logLevel", "warn"]);
}

function step(what, file, args) {
  const begin = Date.now();
  process.stderr.write(`${what} …\n`);
  const { status } = spawnSync(file, args, { cwd: root, stdio: ["ignore", "inherit", "inherit"] });
  if (status !== 0) fail(`${what} failed`);
  process.stderr.write(`${what}: ${((Date.now() - begin) / 1000).toFixed(1)} s\n`);
}

/** Runs a program with this terminal; signals go to it, its exit code is ours. */
async function runForeground(args) {
  const { spawn } = await import("node:child_process");
  const child = spawn(process.execPath, args, { cwd: root, stdio: "inherit" });
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal));
  return new Promise((resolve) => child.on("exit", (code, signal) => resolve(code ?? (signal ? 1 : 0))));
}

function readState() {
  try {
    return JSON.parse(readFileSync(stateFile, "utf8"));
  } catch {
    return {};
  }
}

function writeState(state) {
  writeFileSync(stateFile, JSON.stringify(state));
}

function mtimeMs(path) {
  return existsSync(path) ? statSync(path).mtimeMs : 0;
}

function newestMtimeMs(paths) {
  let newest = 0;
  const visit = (path) => {
    const stat = statSync(path);
    newest = Math.max(newest, stat.mtimeMs);
    if (stat.isDirectory()) for (const name of readdirSync(path)) visit(join(path, name));
  };
  for (const path of paths) if (existsSync(join(root, path))) visit(join(root, path));
  return newest;
}

function fail(text) {
  process.stderr.write(`${text}\n`);
  process.exit(1);
}
