/** A MariaDB server of a test's own: a fresh data directory, a free loopback port, one account with a random password. */
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "./free-port.js";
import { runProgram } from "./program.js";
import { makeTempDirectory } from "./temp-directory.js";
import type { TestScope } from "./test-scope.js";

const SERVER = "/usr/sbin/mariadbd";
/** Of Debian's mariadb-client-core; `mariadb-install-db` calls it. */
const DEFAULTS_PRINTER = "/usr/bin/my_print_defaults";
const READY_TIMEOUT_MS = 30_000;
const STOP_TIMEOUT_MS = 10_000;

/** Why no server can be started here; undefined = it can. `npm test` installs the packages when it runs as root. */
export const mariadbMissing =
  existsSync(SERVER) && existsSync(DEFAULTS_PRINTER)
    ? undefined
    : "skipped: the Debian packages mariadb-server-core and mariadb-client-core are missing";

export interface MariadbOptions {
  /** Made empty; the account may do everything in it and nothing elsewhere. */
  readonly database: string;
  /** Default `msec`. */
  readonly user?: string;
  /** Loopback address to listen on. Default 127.0.0.1. */
  readonly host?: string;
}

export interface Mariadb {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  /** Waits until it has ended; killed after 10 s. Also done at the end of the scope. */
  stop(): Promise<void>;
}

/** Ready within about two seconds. @throws Error with what the server said, when it does not start */
export async function startMariadb(scope: TestScope, options: MariadbOptions): Promise<Mariadb> {
  const { database, user = "msec", host = "127.0.0.1" } = options;
  const directory = makeTempDirectory(scope, "mariadb");
  const password = randomBytes(18).toString("base64url");
  const setup = join(directory, "setup.sql");
  writeFileSync(setup, setupStatements({ database, user, password }), { mode: 0o600 });
  await makeDataDirectory(join(directory, "data"));
  const port = await freePort([host]);
  const child = spawn(SERVER, [
    ...commonOptions(join(directory, "data")),
    ...[`--bind-address=${host}`, `--port=${port}`, `--socket=${join(directory, "sock")}`],
    ...[`--pid-file=${join(directory, "pid")}`, `--init-file=${setup}`, "--skip-name-resolve"],
    // Nobody needs the data after a crash.
    ...["--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=16M", "--performance-schema=OFF"],
  ]);
  const killWithTest = () => child.kill("SIGKILL");
  process.once("exit", killWithTest);
  child.once("exit", () => process.removeListener("exit", killWithTest));
  const stop = () => endServer(child);
  scope.add(stop);
  await untilReady(child);
  return { host, port, user, password, database, stop };
}

/** One per line, as the server's `init-file` wants it. Its own accounts go: they have no password in a fresh data directory. */
function setupStatements(account: { database: string; user: string; password: string }): string {
  const { database, user, password } = account;
  for (const name of [database, user]) if (!/^\w+$/.test(name)) throw new Error(`${name} is no plain name`);
  return [
    `CREATE DATABASE ${database} CHARACTER SET utf8mb4;`,
    `CREATE USER '${user}'@'%' IDENTIFIED BY '${password}';`,
    `GRANT ALL ON ${database}.* TO '${user}'@'%';`,
    "DROP USER IF EXISTS 'root'@'localhost', 'root'@'127.0.0.1', 'root'@'::1', ''@'localhost';",
    "",
  ].join("\n");
}

async function makeDataDirectory(data: string): Promise<void> {
  const words = ["mariadb-install-db", ...commonOptions(data), "--auth-root-authentication-method=normal"];
  const { code, stdout, stderr } = await runProgram([...words, "--skip-test-db"]);
  if (code !== 0) throw new Error(`mariadb-install-db ended with ${code}; it said:\n${stdout}${stderr}`);
}

/** The server refuses to run as root unless it is told to. */
function commonOptions(data: string): string[] {
  return ["--no-defaults", `--datadir=${data}`, ...(process.getuid?.() === 0 ? ["--user=root"] : [])];
}

function untilReady(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = "";
    const fail = (why: string) => reject(new Error(`mariadbd ${why}; it said:\n${said}`));
    const timer = setTimeout(() => fail(`was not ready within ${READY_TIMEOUT_MS} ms`), READY_TIMEOUT_MS);
    child.once("error", (error) => fail(`can't be started: ${error.message}`));
    child.once("exit", (code) => {
      clearTimeout(timer);
      fail(`ended with ${code}`);
    });
    child.stdout?.resume();
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      if (said.length < 100_000) said += text;
      if (!said.includes("ready for connections")) return;
      clearTimeout(timer);
      resolve();
    });
  });
}

async function endServer(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), STOP_TIMEOUT_MS);
  await ended;
  clearTimeout(timer);
}
