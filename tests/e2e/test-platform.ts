/** A console and agents as real processes, each agent with its own home and loopback address, as if on several machines. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type ApiClient, createApiClient } from "@msec/api-schema";
import { makeFirstAccount } from "@msec/cli";
import { homePaths, parseServiceName } from "@msec/core";
import {
  freePort,
  killProcess,
  makeTempDirectory,
  type ProgramResult,
  type RunningProgram,
  startProgram,
  type TestScope,
  waitUntil,
} from "@msec/testkit";
import { msec, programFile } from "./msec-cli.js";

export interface TestMachine {
  readonly name: string;
  readonly address: string;
  readonly home: string;
}

/** What the controller of a service tells in its state file. */
export interface HostState {
  readonly pid: number;
  readonly state: string;
  readonly releaseId: string;
  readonly restarts: number;
  readonly text: string;
  readonly workers: readonly { readonly pid: number; readonly state: string }[];
}

export class TestPlatform {
  readonly scope: TestScope;
  readonly root: string;
  readonly #agents = new Map<string, RunningProgram>();
  readonly #machines: TestMachine[] = [];
  #console: RunningProgram | undefined;
  #token = "";
  #listen = "127.0.0.1:0";
  #linkPort = 0;

  constructor(scope: TestScope) {
    this.scope = scope;
    this.root = makeTempDirectory(scope, "platform");
    scope.add(() => this.#endServices());
  }

  get console(): RunningProgram {
    if (!this.#console) throw new Error("the console was not started");
    return this.#console;
  }

  get consoleHome(): string {
    return join(this.root, "console-home");
  }

  get url(): string {
    return String(this.console.ready.httpUrl);
  }

  get token(): string {
    return this.#token;
  }

  get api(): ApiClient {
    return createApiClient({ baseUrl: this.url, token: this.#token });
  }

  agent(machine: TestMachine): RunningProgram {
    const agent = this.#agents.get(machine.name);
    if (!agent) throw new Error(`the agent of ${machine.name} was not started`);
    return agent;
  }

  /** The first time on free ports, with an account and an API token; again on the same ports. @param more options of it */
  async startConsole(more: readonly string[] = []): Promise<RunningProgram> {
    const settings = ["--home", this.consoleHome, "--listen", this.#listen, "--link.listen"];
    const words = [process.execPath, programFile("console"), ...settings, `127.0.0.1:${this.#linkPort}`, ...more];
    const started = await startProgram(this.scope, words);
    this.#console = started;
    this.#listen = new URL(this.url).host;
    this.#linkPort = Number(started.ready.linkPort);
    const { setupLink } = started.ready;
    if (typeof setupLink === "string")
      this.#token = await makeFirstAccount(this.url, setupLink, { name: "admin", password: "correct-horse-battery" });
    return started;
  }

  /** Joins a new machine. @param settings more options of its agent */
  async addMachine(address: string, settings: readonly string[] = []): Promise<TestMachine> {
    const name = `machine-${address.split(".").at(-1)}`;
    const machine = { name, address, home: join(this.root, name) };
    this.#machines.push(machine);
    const { secret } = await this.api("joinTokens.create", { body: {} });
    await this.startAgent(machine, ["--join-token", secret, ...settings]);
    return machine;
  }

  async startAgent(machine: TestMachine, settings: readonly string[] = []): Promise<RunningProgram> {
    const { name, address, home } = machine;
    const own = ["--home", home, "--address", address, "--name", name, "--log-port", "0"];
    const words = [process.execPath, programFile("agent"), ...own, ...settings];
    const agent = await startProgram(this.scope, words);
    this.#agents.set(name, agent);
    await this.waitOnline(machine);
    return agent;
  }

  async waitOnline(machine: TestMachine): Promise<void> {
    const isOnline = async () =>
      (await this.api("machines.list")).machines.some((m) => m.name === machine.name && m.state === "online");
    await waitUntil(`${machine.name} is online`, isOnline, 20_000);
  }

  /** `msec …` against this console. */
  msec(words: readonly string[], input?: string): Promise<ProgramResult> {
    const env = { MSEC_CONSOLE: this.#console ? this.url : "", MSEC_TOKEN: this.#token };
    return msec(words, { env, cwd: this.root, timeoutMs: 120_000, ...(input !== undefined && { input }) });
  }

  /** `msec --json …`. @throws Error with what it said, when it did not end well */
  async json<T>(words: readonly string[]): Promise<T> {
    const { code, stdout, stderr } = await this.msec(["--json", ...words]);
    if (code !== 0) throw new Error(`msec ${words.join(" ")} ended with ${code}: ${stderr}`);
    return JSON.parse(stdout);
  }

  hostState(machine: TestMachine, service: string): HostState | undefined {
    try {
      return JSON.parse(readFileSync(homePaths(machine.home).service(parseServiceName(service)).state, "utf8"));
    } catch {
      return undefined; // not written yet
    }
  }

  /** A port for a service that is free on all these machines. */
  servicePort(machines: readonly TestMachine[]): Promise<number> {
    return freePort(machines.map((machine) => machine.address));
  }

  /** Services outlive agents, so they are ended here by the pids that they told. */
  #endServices(): void {
    for (const machine of this.#machines) {
      for (const service of installedServices(machine.home)) {
        const host = this.hostState(machine, service);
        for (const { pid } of host ? [host, ...host.workers] : []) killProcess(pid);
      }
    }
  }
}

function installedServices(home: string): string[] {
  const folders = (path: string) =>
    readdirSync(path, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
  const groups = folders(home).filter((name) => name !== "agent" && name !== "backup");
  return groups.flatMap((first) => folders(join(home, first)).map((second) => `${first}.${second}`));
}
