/** A Redis of a test's own on a free loopback port; it keeps nothing on disk. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { connect } from "node:net";
import { freePort } from "./free-port.js";
import { makeTempDirectory } from "./temp-directory.js";
import type { TestScope } from "./test-scope.js";
import { waitUntil } from "./wait-until.js";

const SERVER = "/usr/bin/redis-server";
const READY_TIMEOUT_MS = 15_000;

/** Why no server can be started here; undefined = it can. `npm test` installs the package when it runs as root. */
export const redisMissing = existsSync(SERVER) ? undefined : "skipped: the Debian package redis-server is missing";

export interface Redis {
  readonly host: string;
  readonly port: number;
  /** `ip:port`, `[ip]:port` for IPv6. */
  readonly address: string;
  /** Ends the process. */
  stop(signal?: NodeJS.Signals): Promise<void>;
  /** On the same port. */
  start(): Promise<void>;
}

/** Ready within a fraction of a second; ended with the scope. @param host loopback address to listen on */
export async function startRedis(scope: TestScope, host = "127.0.0.1"): Promise<Redis> {
  const directory = makeTempDirectory(scope, "redis");
  const port = await freePort([host]);
  let child: ChildProcess | undefined;
  const stop = async (signal: NodeJS.Signals = "SIGKILL") => {
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill(signal);
    await ended;
  };
  const start = async () => {
    const settings = { port, bind: host, dir: directory, save: "", appendonly: "no", "protected-mode": "no" };
    const words = Object.entries(settings).flatMap(([key, value]) => [`--${key}`, String(value)]);
    const started = spawn(SERVER, words, { stdio: "ignore" });
    child = started;
    const killWithTest = () => started.kill("SIGKILL");
    process.once("exit", killWithTest);
    started.once("exit", () => process.removeListener("exit", killWithTest));
    started.once("error", () => undefined); // the wait below tells
    await waitUntil(`Redis answers at ${host} port ${port}`, () => ping(host, port), READY_TIMEOUT_MS);
  };
  scope.add(() => stop());
  await start();
  return { host, port, address: host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`, stop, start };
}

function ping(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port }, () => socket.write("PING\r\n"));
    socket.setTimeout(500, () => socket.destroy());
    socket.once("data", (bytes: Buffer) => {
      resolve(bytes.toString().startsWith("+PONG"));
      socket.destroy();
    });
    socket.once("error", () => resolve(false));
    socket.once("close", () => resolve(false));
  });
}
