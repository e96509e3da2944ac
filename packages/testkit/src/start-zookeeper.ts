/** A ZooKeeper of a test's own: the jar of Debian's libzookeeper-java on a free loopback port, its data in a temporary folder. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { freePort } from "./free-port.js";
import { makeTempDirectory } from "./temp-directory.js";
import type { TestScope } from "./test-scope.js";
import { waitUntil } from "./wait-until.js";

const JAVA = "/usr/bin/java";
const JARS = ["zookeeper", "zookeeper-jute", "slf4j-api", "slf4j-nop", "netty-all", "metrics-core", "snappy-java"].map(
  (name) => `/usr/share/java/${name}.jar`,
);
const READY_TIMEOUT_MS = 30_000;
const STOP_TIMEOUT_MS = 10_000;

/** Why no server can be started here; undefined = it can. `npm test` installs the packages when it runs as root. */
export const zookeeperMissing =
  existsSync(JAVA) && existsSync(JARS[0] ?? "")
    ? undefined
    : "skipped: the Debian packages libzookeeper-java and default-jre-headless are missing";

export interface ZookeeperOptions {
  /** Sessions last 2 to 20 of these. Default 200 ms, so 0.4 to 4 s. */
  readonly tickMs?: number;
}

export interface Zookeeper {
  readonly host: string;
  readonly port: number;
  /** `zk://127.0.0.1:12345`. */
  readonly url: string;
  /** Ends the server; its data stay. */
  stop(signal?: NodeJS.Signals): Promise<void>;
  /** On the same port; what a server before left is there, unless it was lost. */
  start(): Promise<void>;
  /** Throws all data away; while it is stopped. */
  loseData(): void;
  /** Holds the process still (SIGSTOP) or lets it go on. */
  freeze(): void;
  thaw(): void;
}

/** Ready within about two seconds; ended with the scope. */
export async function startZookeeper(scope: TestScope, options: ZookeeperOptions = {}): Promise<Zookeeper> {
  const directory = makeTempDirectory(scope, "zookeeper");
  const host = "127.0.0.1";
  const port = await freePort([host]);
  const data = join(directory, "data");
  const config = join(directory, "zoo.cfg");
  writeFileSync(config, configText({ host, port, data, tickMs: options.tickMs ?? 200 }));
  let child: ChildProcess | undefined;
  const stop = async (signal: NodeJS.Signals = "SIGKILL") => {
    if (child) await endServer(child, signal);
  };
  const start = async () => {
    mkdirSync(data, { recursive: true });
    child = spawnServer(config);
    await untilServing(child, port);
  };
  scope.add(() => stop());
  await start();
  return {
    ...{ host, port, url: `zk://${host}:${port}`, stop, start },
    loseData: () => rmSync(data, { recursive: true, force: true }),
    freeze: () => void child?.kill("SIGSTOP"),
    thaw: () => void child?.kill("SIGCONT"),
  };
}

function configText(server: { host: string; port: number; data: string; tickMs: number }): string {
  const lines = {
    tickTime: server.tickMs,
    dataDir: server.data,
    clientPort: server.port,
    clientPortAddress: server.host,
    "admin.enableServer": false,
    "4lw.commands.whitelist": "ruok",
    maxClientCnxns: 0,
    // Nobody needs the data after a power loss.
    forceSync: "no",
    preAllocSize: 64,
  };
  return Object.entries(lines)
    .map(([key, value]) => `${key}=${value}\n`)
    .join("");
}

function spawnServer(config: string): ChildProcess {
  const machine = ["-Xmx128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto"];
  const main = "org.apache.zookeeper.server.ZooKeeperServerMain";
  const words = [...machine, "-Dzookeeper.forceSync=no", "-cp", JARS.join(":"), main, config];
  const child = spawn(JAVA, words, { stdio: ["ignore", "ignore", "pipe"] });
  const killWithTest = () => child.kill("SIGKILL");
  process.once("exit", killWithTest);
  child.once("exit", () => process.removeListener("exit", killWithTest));
  return child;
}

async function untilServing(child: ChildProcess, port: number): Promise<void> {
  let said = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    if (said.length < 100_000) said += text;
  });
  child.once("error", (error) => {
    said += error.message;
  });
  await waitUntil("ZooKeeper serves", () => isServing(child, port), READY_TIMEOUT_MS).catch((error: unknown) => {
    throw new Error(`${error instanceof Error ? error.message : error}; it said:\n${said}`, { cause: error });
  });
}

/** @throws when it has ended, so that nobody waits */
function isServing(child: ChildProcess, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    if (child.exitCode !== null) return resolve(false);
    const socket = connect(port, "127.0.0.1", () => socket.write("ruok"));
    // It may accept before it listens to what is said.
    socket.setTimeout(300, () => socket.destroy());
    let answer = "";
    socket.setEncoding("utf8").on("data", (text: string) => {
      answer += text;
    });
    socket.on("error", () => undefined);
    socket.on("close", () => resolve(answer === "imok"));
  });
}

async function endServer(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGCONT");
  child.kill(signal);
  const timer = setTimeout(() => child.kill("SIGKILL"), STOP_TIMEOUT_MS);
  await ended;
  clearTimeout(timer);
}
