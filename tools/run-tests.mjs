/**
 * All checks and tests, in order, stopping at the first stage that fails. The last line is the sum of the real counts:
 * `N passed, N failed, N skipped`.
 */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const bin = (name) => join(root, "node_modules", ".bin", name);
const scratch = mkdtempSync(join(tmpdir(), "msec-test-"));
const totals = { passed: 0, failed: 0, skipped: 0 };

/** What some tests need. Installed here when we are root. */
const debianPackages = [
  { package: "chromium", program: "/usr/bin/chromium", tests: "browser tests (tests/e2e/*.browser.test.ts)" },
  {
    package: "python3",
    program: "/usr/bin/python3",
    tests: "the foreign peer (tests/conformance/foreign-peer.test.ts)",
  },
  // The parts of mariadb-server that do not start a service.
  { package: "mariadb-server-core", program: "/usr/sbin/mariadbd", tests: "tests with a MariaDB" },
  { package: "mariadb-client-core", program: "/usr/bin/my_print_defaults", tests: "tests with a MariaDB" },
  // The server without its service; its jars do not ask for a Java by themselves.
  { package: "redis-server", program: "/usr/bin/redis-server", tests: "tests with a Redis" },
  { package: "libzookeeper-java", program: "/usr/share/java/zookeeper.jar", tests: "tests with a ZooKeeper" },
  { package: "default-jre-headless", program: "/usr/bin/java", tests: "tests with a ZooKeeper" },
];

const env = { ...process.env, ...installDebianPackages() };

const stages = [
  { name: "lint, boundaries, types, unused code", run: staticChecks },
  { name: "unit, contract, conformance, fuzz", run: () => vitest("unit") },
  { name: "integration", run: () => vitest("integration") },
  { name: "end to end, fault", run: () => vitest("e2e") },
  { name: "demo", run: demo },
];

let isSound = true;
try {
  for (const stage of stages) {
    const begin = Date.now();
    process.stdout.write(`\n── ${stage.name}\n`);
    isSound = await stage.run();
    process.stdout.write(
      `── ${stage.name}: ${isSound ? "ok" : "FAILED"} in ${((Date.now() - begin) / 1000).toFixed(1)} s\n`,
    );
    if (!isSound) break;
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
if (!isSound && totals.failed === 0) totals.failed = 1;
process.stdout.write(`\n${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped\n`);
process.exit(isSound && totals.failed === 0 ? 0 : 1);

/** Checks of the text, side by side; what one prints is shown when it fails. */
async function staticChecks() {
  const checks = [
    [bin("biome"), "ci", "."],
    [bin("depcruise"), "packages", "apps", "--config", ".dependency-cruiser.cjs"],
    [bin("tsc"), "-p", "tsconfig.tests.json"],
    [bin("tsc"), "-p", "apps/web/tsconfig.json"],
    [bin("knip"), "--no-progress"],
    ...libraries().map((library) => [bin("publint"), library, "--strict"]),
  ];
  const waiting = [...checks];
  const failures = [];
  const lane = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const [file, ...args] = next;
      let text = "";
      const code = await run(file, args, (chunk) => {
        text += chunk;
      });
      if (code !== 0) failures.push(`${[basename(file), ...args].join(" ")}\n${text}`);
    }
  };
  await Promise.all([lane(), lane()]);
  for (const failure of failures) process.stdout.write(`${failure}\n`);
  return failures.length === 0;
}

function libraries() {
  return readdirSync(join(root, "packages")).map((name) => join("packages", name));
}

async function vitest(project) {
  const report = join(scratch, `${project}.json`);
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  const code = await run(bin("vitest"), ["run", "--project", project, ...reporters]);
  if (!existsSync(report)) return false;
  const counts = JSON.parse(readFileSync(report, "utf8"));
  totals.passed += counts.numPassedTests;
  totals.failed += counts.numFailedTests;
  totals.skipped += counts.numPendingTests + counts.numTodoTests;
  return code === 0;
}

/** The demo checks itself and ends with a line of counts. */
async function demo() {
  let text = "";
  const code = await run(process.execPath, ["examples/demo/dist/main.js", "--check"], (chunk) => {
    text += chunk;
    process.stdout.write(chunk);
  });
  const counts = /^(\d+) passed, (\d+) failed$/m.exec(text);
  if (!counts) return false;
  totals.passed += Number(counts[1]);
  totals.failed += Number(counts[2]);
  return code === 0;
}

function run(file, args, onOutput) {
  const output = onOutput ? "pipe" : "inherit";
  const child = spawn(file, args, { cwd: root, env, stdio: ["ignore", output, output] });
  if (onOutput)
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => onOutput(String(chunk)));
  return new Promise((resolve) => {
    child.on("error", () => resolve(127));
    child.on("exit", (code) => resolve(code ?? 1));
  });
}

/** @returns variables that tell tests what is missing, so that they skip with words */
function installDebianPackages() {
  const missing = debianPackages.filter((item) => !existsSync(item.program));
  if (missing.length === 0) return {};
  const names = missing.map((item) => item.package);
  if (process.getuid?.() === 0 && existsSync("/usr/bin/apt-get")) {
    process.stdout.write(`installing Debian packages: ${names.join(", ")}\n`);
    spawnSync("apt-get", ["update", "-qq"], { stdio: ["ignore", "ignore", "inherit"] });
    const args = ["install", "-y", "-qq", "--no-install-recommends", ...names];
    spawnSync("apt-get", args, {
      stdio: ["ignore", "ignore", "inherit"],
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
    });
  }
  const still = missing.filter((item) => !existsSync(item.program));
  for (const item of still)
    process.stdout.write(
      `missing: Debian package ${item.package}; skipped: ${item.tests}. Install it as root: apt-get install ${item.package}\n`,
    );
  return still.length > 0 ? { MSEC_MISSING_PACKAGES: still.map((item) => item.package).join(",") } : {};
}
