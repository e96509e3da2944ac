/** A release directory with a hand-written plug-in, and the real host process on it. Only for tests. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type HomePaths, homePaths, parseServiceName, type ServiceHomePaths } from "@msec/core";
import { type MessageType, ProtoReader, type ServiceType } from "@msec/protocol";
import { type ServiceState, tryReadServiceState } from "@msec/rpc/process";

const packageDir = fileURLToPath(new URL("../..", import.meta.url));
export const SERVICE = "Test.echo";

interface Text {
  readonly text: string;
}

const TextType: MessageType<Text, Text> = {
  typeName: "t.Text",
  fields: [{ kind: "scalar", scalar: "string", name: "text", number: 1, label: "required", packed: false }],
  encode: (message, writer) => void writer.uint32(10).string(message.text),
  decode: (bytes, start, end) => {
    const reader = new ProtoReader(bytes, start, end);
    let text = "";
    while (reader.pos < reader.end) {
      const tag = reader.tag();
      if (tag === 10) text = reader.string();
      else reader.skip(tag);
    }
    return { text };
  },
};

export const Echo = {
  typeName: "t.Echo",
  methods: {
    Say: { name: "Say", fullName: "t.Echo.Say", input: TextType, output: TextType, isIdempotent: true },
    Sleep: { name: "Sleep", fullName: "t.Echo.Sleep", input: TextType, output: TextType, isIdempotent: false },
  },
} as const satisfies ServiceType;

/** What stands before the plug-in's own code: the service, written as a bundle would hold it. */
const PLUGIN_HEAD = `
import { defineService, ProtoReader } from "@msec/sdk";
const TextType = {
  typeName: "t.Text",
  fields: [{ kind: "scalar", scalar: "string", name: "text", number: 1, label: "required", packed: false }],
  encode(message, writer) { writer.uint32(10).string(message.text); },
  decode(bytes, start, end) {
    const reader = new ProtoReader(bytes, start, end);
    let text = "";
    while (reader.pos < reader.end) { const tag = reader.tag(); if (tag === 10) text = reader.string(); else reader.skip(tag); }
    return { text };
  },
};
const method = (name, isIdempotent) => ({ name, fullName: "t.Echo." + name, input: TextType, output: TextType, isIdempotent });
const Echo = { typeName: "t.Echo", methods: { Say: method("Say", true), Sleep: method("Sleep", false) } };
const say = async (request) => ({ text: request.text + " from " + process.pid });
const sleep = async (request) => { await new Promise((resolve) => setTimeout(resolve, Number(request.text))); return { text: "slept" }; };
`;

export const ECHO_PLUGIN = "export default defineService(Echo, { say, sleep });";

/** Compiles what the host process runs. */
export async function buildHost(): Promise<void> {
  await promisify(execFile)("npx", ["tsc", "-b", packageDir], { cwd: packageDir });
}

/** Asks again and again until there is an answer. @throws after `withinMs`, with the last output */
export async function waitFor<T>(ask: () => T | undefined | false, withinMs = 15_000, about = () => ""): Promise<T> {
  const deadlineMs = performance.now() + withinMs;
  for (;;) {
    const value = ask();
    if (value !== undefined && value !== false) return value;
    if (performance.now() > deadlineMs) throw new Error(`nothing within ${withinMs} ms\n${about()}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

export class HostFixture {
  readonly root = mkdtempSync(join(tmpdir(), "msec-host-"));
  readonly home: string;
  readonly paths: HomePaths;
  readonly #started: ChildProcess[] = [];
  output = "";

  readonly service: string;
  /** Release directory that the next start gets. */
  dir = join(this.root, "release");

  /** @param home shared by services of one machine; default: one of its own */
  constructor(plugin: string, config: string, opts: { readonly service?: string; readonly home?: string } = {}) {
    this.service = opts.service ?? SERVICE;
    this.home = opts.home ?? join(this.root, "home");
    this.paths = homePaths(this.home);
    mkdirSync(this.paths.agent, { recursive: true });
    this.#writeRelease(plugin, config, "r-7");
  }

  get own(): ServiceHomePaths {
    return this.paths.service(parseServiceName(this.service));
  }

  writeConfig(config: string): void {
    writeFileSync(join(this.dir, "etc/config.ini"), config);
  }

  writePlugin(plugin: string): void {
    writeFileSync(join(this.dir, "plugin/service.js"), PLUGIN_HEAD + plugin);
  }

  /** Lays a release out as the agent does and makes it the current one. */
  install(releaseId: string, plugin: string, config: string): void {
    this.dir = this.own.release(releaseId);
    this.#writeRelease(plugin, config, releaseId);
    rmSync(this.own.current, { force: true });
    symlinkSync(this.dir, this.own.current);
  }

  /** Where the release finds @msec/sdk. */
  linkSdk(target: string): void {
    const link = join(this.dir, "node_modules/@msec/sdk");
    rmSync(link, { force: true });
    symlinkSync(target, link);
  }

  #writeRelease(plugin: string, config: string, releaseId: string): void {
    const { dir, service } = this;
    mkdirSync(join(dir, "plugin"), { recursive: true });
    mkdirSync(join(dir, "etc"));
    mkdirSync(join(dir, "node_modules/@msec"), { recursive: true });
    this.linkSdk(packageDir);
    writeFileSync(join(dir, "plugin/msec.json"), JSON.stringify({ formatVersion: 1, service, main: "service.js" }));
    writeFileSync(join(dir, "plugin/package.json"), JSON.stringify({ type: "module" }));
    writeFileSync(join(dir, "release.json"), JSON.stringify({ releaseId, service }));
    this.writePlugin(plugin);
    this.writeConfig(config);
  }

  /** Starts `host.js` as the agent does. */
  start(role: "ctrl" | "dev" = "ctrl"): ChildProcess {
    const child = spawn(
      process.execPath,
      [join(packageDir, "dist/host.js"), role, "--service", this.service, "--dir", this.dir],
      {
        cwd: this.dir,
        detached: true,
        stdio: ["ignore", "pipe", "pipe"],
        env: { ...process.env, MSEC_HOME: this.home, MSEC_BIND_ADDRESS: "127.0.0.1" },
      },
    );
    const keep = (chunk: Buffer): void => {
      this.output += chunk.toString();
    };
    child.stdout?.on("data", keep);
    child.stderr?.on("data", keep);
    this.#started.push(child);
    return child;
  }

  async startAndWait(): Promise<ChildProcess> {
    const child = this.start();
    await this.waitForState((state) => state.state === "running" && state.pid === child.pid);
    return child;
  }

  get state(): ServiceState | undefined {
    return tryReadServiceState(this.own.state);
  }

  /** Orders a reload and waits until it has ended, well or not. */
  async reload(): Promise<ServiceState> {
    const before = this.state?.reload?.number ?? 0;
    process.kill(this.state?.pid ?? 0, "SIGUSR2");
    return await this.waitForState(({ reload }) => (reload?.number ?? 0) > before && reload?.state !== "running");
  }

  waitForState(isReached: (state: ServiceState) => boolean, withinMs?: number): Promise<ServiceState> {
    const about = (): string => `${JSON.stringify(this.state)}\n${this.output}`;
    return waitFor(() => (this.state && isReached(this.state) ? this.state : undefined), withinMs, about);
  }

  /** Kills what is left, the whole process group of each start, and deletes the files. */
  async clean(): Promise<void> {
    const left = this.state?.workers ?? [];
    for (const child of this.#started) if (child.pid) killQuietly(-child.pid);
    for (const worker of left) killQuietly(worker.pid);
    await Promise.all(this.#started.map(exitCodeOf));
    rmSync(this.root, { recursive: true, force: true });
  }
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // Gone already.
  }
}

export function exitCodeOf(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(child.exitCode);
  return new Promise((resolve) => child.once("exit", resolve));
}

/** Name of a process as `ps` shows it. */
export function processTitle(pid: number): string {
  return readFileSync(`/proc/${pid}/cmdline`, "latin1").split("\0")[0] ?? "";
}
