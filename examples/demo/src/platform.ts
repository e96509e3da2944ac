/** A console and two agents, each agent with its own home and loopback address, as if on two machines. */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ApiClient, createApiClient } from "@msec/api-schema";
import { makeFirstAccount, type ReadyProgram, startProgram } from "@msec/cli";
import { waitFor } from "./checklist.js";
import { killHost } from "./host-processes.js";

export const MACHINES = [
  { name: "machine-a", address: "127.0.0.2" },
  { name: "machine-b", address: "127.0.0.3" },
] as const;

export interface MachineHome {
  readonly name: string;
  readonly address: string;
  readonly home: string;
}

export class Platform {
  readonly account = { name: "admin", password: randomBytes(9).toString("base64url") };
  readonly machines: readonly MachineHome[];
  readonly #root: string;
  readonly #agents = new Map<string, ReadyProgram>();
  #console: ReadyProgram | undefined;
  #listen: string;
  #linkPort = 0;
  #token = "";

  /** @param listen where pages and API are served; port 0 takes a free one */
  constructor(listen: string) {
    this.#listen = listen;
    this.#root = mkdtempSync(join(tmpdir(), "msec-demo-"));
    this.machines = MACHINES.map((machine) => ({ ...machine, home: join(this.#root, machine.name) }));
  }

  get url(): string {
    return String(this.#console?.ready.httpUrl);
  }

  get token(): string {
    return this.#token;
  }

  get api(): ApiClient {
    return createApiClient({ baseUrl: this.url, token: this.#token });
  }

  /** First start: console, account, and two machines that join with a token each. */
  async start(): Promise<void> {
    const ready = await this.startConsole();
    this.#token = await makeFirstAccount(this.url, String(ready.setupLink), this.account);
    for (const machine of this.machines) {
      const { secret } = await this.api("joinTokens.create", { body: {} });
      await this.startAgent(machine, ["--join-token", secret]);
    }
    await this.waitForAgents();
  }

  /** Starts the console; again on the same ports after it was killed. */
  async startConsole(): Promise<Readonly<Record<string, unknown>>> {
    const settings = ["--home", join(this.#root, "console-home"), "--listen", this.#listen];
    settings.push("--link.listen", `127.0.0.1:${this.#linkPort}`, "--log.level", "warn");
    this.#console = await startProgram("console", settings);
    const { ready } = this.#console;
    this.#listen = new URL(String(ready.httpUrl)).host;
    this.#linkPort = Number(ready.linkPort);
    return ready;
  }

  async startAgent(machine: MachineHome, more: readonly string[] = []): Promise<void> {
    const { name, address, home } = machine;
    const settings = ["--home", home, "--address", address, "--name", name, "--log.level", "warn", ...more];
    this.#agents.set(name, await startProgram("agent", settings));
  }

  async startAgents(): Promise<void> {
    for (const machine of this.machines) await this.startAgent(machine);
  }

  async waitForAgents(): Promise<void> {
    await waitFor("both agents online", 30_000, async () => {
      const { machines } = await this.api("machines.list");
      return machines.filter((m) => m.state === "online").length === this.machines.length ? true : undefined;
    });
  }

  /** `kill -9` of the console and both agents; services go on. */
  async killControl(): Promise<void> {
    await Promise.all([this.#console, ...this.#agents.values()].map((program) => end(program, "SIGKILL")));
  }

  /** Ends every process that was started, services included, and removes the homes. Never throws. */
  async stop(services: readonly string[]): Promise<void> {
    await Promise.all([...this.#agents.values()].map((program) => end(program, "SIGTERM")));
    await Promise.all(
      this.machines.flatMap(({ home }) => services.map((service) => killHost(home, service, "SIGTERM"))),
    );
    await end(this.#console, "SIGTERM");
    rmSync(this.#root, { recursive: true, force: true });
  }
}

async function end(program: ReadyProgram | undefined, signal: NodeJS.Signals): Promise<void> {
  const child = program?.child;
  if (!child || child.exitCode !== null || child.signalCode !== null) return;
  child.kill(signal);
  const timer = setTimeout(() => child.kill("SIGKILL"), 10_000);
  await once(child, "exit");
  clearTimeout(timer);
}
