/**
 * The scene of the chaos runs: four backends, and a machine with a real agent and two client processes. The console registers the
 * backends, its agent takes the names over, and then the console is killed: nothing that is measured may need it.
 */
import { rmSync } from "node:fs";
import { createApiClient } from "@msec/api-schema";
import { makeFirstAccount, programFile } from "@msec/cli";
import { freePort, makeTempDirectory, type RunningProgram, startProgram, TestScope, waitUntil } from "@msec/testkit";
import { Child } from "../rpc/child.js";
import type { CallRecord } from "./call-record.js";
import type { BackendRequest } from "./chaos-backend.js";
import type { ClientRequest, Load } from "./chaos-client.js";
import { CHAOS_NAME } from "./chaos-service.js";

const SCRIPT = new URL("./chaos-process.js", import.meta.url);
/** One port, as a service has it, on as many machines. */
const HOSTS: readonly string[] = ["127.0.0.61", "127.0.0.62", "127.0.0.63", "127.0.0.64"];
const CLIENTS = 2;
const READY_MS = 20_000;

/** One backend process after the other at one address. */
export class Backend {
  readonly address: string;
  readonly #at: { readonly host: string; readonly port: number };
  #process: Child | undefined;

  constructor(at: { readonly host: string; readonly port: number }) {
    this.#at = at;
    this.address = `${at.host}:${at.port}`;
  }

  async start(): Promise<void> {
    const child = new Child({ role: "backend", args: this.#at, script: SCRIPT });
    this.#process = child;
    await child.next();
  }

  signal(signal: NodeJS.Signals): void {
    if (this.#process?.signal(signal) !== true) throw new Error(`backend ${this.address} is not there`);
  }

  async behave(behave: BackendRequest["behave"]): Promise<void> {
    await this.#process?.ask({ behave } satisfies BackendRequest);
  }

  async end(): Promise<void> {
    await this.#process?.stop();
  }
}

/** The agent of the callers' machine. */
export class Agent {
  /** Its home. */
  readonly home: string;
  readonly #scope: TestScope;
  #process: RunningProgram | undefined;

  constructor(scope: TestScope, home: string) {
    this.#scope = scope;
    this.home = home;
  }

  /** Nothing happens when it runs. @param more options of it */
  async start(more: readonly string[] = []): Promise<void> {
    const own = ["--home", this.home, "--address", "127.0.0.1", "--log-port", "0", ...more];
    this.#process ??= await startProgram(this.#scope, [process.execPath, programFile("agent"), ...own]);
  }

  async kill(): Promise<void> {
    await this.#process?.stop("SIGKILL");
    this.#process = undefined;
  }
}

export class ChaosStage {
  readonly #scope = new TestScope();
  readonly #clients: Child[] = [];
  readonly backends: Backend[] = [];
  readonly agent: Agent;
  readonly #root: string;
  #opening: Promise<void> | undefined;
  #closing: Promise<void> | undefined;

  constructor() {
    this.#root = makeTempDirectory(this.#scope, "chaos");
    this.agent = new Agent(this.#scope, `${this.#root}/machine`);
  }

  /** Resolves when everything is there and calls are answered. Close it in any case. */
  open(): Promise<void> {
    this.#opening ??= this.#open();
    return this.#opening;
  }

  /** The rate is that of all clients together. */
  async startLoad(load: Load): Promise<void> {
    await this.#ask({ kind: "start", load: { ...load, ratePerSec: load.ratePerSec / CLIENTS } });
  }

  async stopLoad(): Promise<readonly CallRecord[]> {
    return (await this.#ask({ kind: "stop" })) as CallRecord[];
  }

  /** Ends all processes and removes all files. Once; further calls wait for the same end. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#scope.close();
    // What was being opened meanwhile has failed, or is there by now.
    await this.#opening?.catch(() => undefined);
    await this.#scope.close();
    rmSync(this.#root, { recursive: true, force: true });
  }

  async #open(): Promise<void> {
    const { home } = this.agent;
    const port = await freePort(HOSTS);
    const [console] = await Promise.all([
      this.#startConsole(),
      ...HOSTS.map((host) => this.#addBackend({ host, port })),
      ...Array.from({ length: CLIENTS }, () => this.#addClient(home)),
    ]);
    const url = String(console.ready.httpUrl);
    const account = { name: "chaos", password: "correct-horse-battery" };
    const api = createApiClient({
      baseUrl: url,
      token: await makeFirstAccount(url, String(console.ready.setupLink), account),
    });
    const { secret } = await api("joinTokens.create", { body: {} });
    await this.agent.start(["--join-token", secret]);
    const addresses = this.backends.map((backend) => backend.address);
    await api("groups.create", { body: { name: CHAOS_NAME.first, kind: "standard" } });
    await api("services.create", { body: { ...CHAOS_NAME, port } });
    await api("instances.create", { params: CHAOS_NAME, body: { hosts: [...HOSTS] } });
    await api("capacity.change", { params: CHAOS_NAME, body: { action: "expand", addresses } });
    await waitUntil("calls are answered", () => this.#ask({ kind: "check" }), READY_MS);
    await console.stop("SIGKILL");
  }

  async #addBackend(at: { readonly host: string; readonly port: number }): Promise<void> {
    const backend = new Backend(at);
    this.#scope.add(() => backend.end());
    this.backends.push(backend);
    await backend.start();
  }

  async #addClient(home: string): Promise<void> {
    const child = new Child({ role: "client", args: { home }, script: SCRIPT });
    this.#scope.add(() => child.stop());
    this.#clients.push(child);
    await child.next();
  }

  #startConsole(): Promise<RunningProgram> {
    const settings = [
      "--home",
      `${this.#root}/console-home`,
      "--listen",
      "127.0.0.1:0",
      "--link.listen",
      "127.0.0.1:0",
    ];
    return startProgram(this.#scope, [process.execPath, programFile("console"), ...settings]);
  }

  #ask(request: ClientRequest): Promise<unknown[]> {
    return Promise.all(this.#clients.map((client) => client.ask(request)));
  }
}
