/** A fresh console and agents that a person joins by the pages; nothing is set up by the API. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { homePaths } from "@msec/core";
import { killProcess, makeTempDirectory, type RunningProgram, startProgram, type TestScope } from "@msec/testkit";
import { programFile } from "./msec-cli.js";

/** Addresses of their own, so that a demo or another test may run beside. */
export const MACHINES = [
  { name: "machine-21", address: "127.0.0.21" },
  { name: "machine-22", address: "127.0.0.22" },
] as const;

export type PagesMachine = (typeof MACHINES)[number];

interface HostState {
  readonly pid: number;
  readonly workers: readonly { readonly pid: number }[];
}

export class PagesPlatform {
  readonly root: string;
  readonly #scope: TestScope;

  constructor(scope: TestScope) {
    this.#scope = scope;
    this.root = makeTempDirectory(scope, "pages");
    scope.add(() => this.#endServices());
  }

  /** @returns the link that it prints at its first start */
  async startConsole(): Promise<string> {
    const settings = ["--home", join(this.root, "console"), "--listen", "127.0.0.1:0", "--link.listen", "127.0.0.1:0"];
    const { ready } = await startProgram(this.#scope, [process.execPath, programFile("console"), ...settings]);
    return String(ready.setupLink);
  }

  homeOf(machine: PagesMachine): string {
    return join(this.root, machine.name);
  }

  /** What the person does who pastes the join line on a machine. */
  startAgent(machine: PagesMachine, joinToken: string): Promise<RunningProgram> {
    const { name, address } = machine;
    const settings = ["--home", this.homeOf(machine), "--address", address, "--name", name, "--log-port", "0"];
    const words = [process.execPath, programFile("agent"), ...settings, "--join-token", joinToken];
    return startProgram(this.#scope, words);
  }

  /** `kill -9` of the controller; its workers go with it. */
  killService(machine: PagesMachine): boolean {
    const host = this.#hostState(machine);
    return host !== undefined && killProcess(host.pid);
  }

  #hostState(machine: PagesMachine): HostState | undefined {
    const service = { first: "Flight", second: "mod_flight" };
    try {
      return JSON.parse(readFileSync(homePaths(this.homeOf(machine)).service(service).state, "utf8"));
    } catch {
      return undefined; // nothing was released there
    }
  }

  /** Services outlive agents, so they are ended here by the pids that they told. */
  #endServices(): void {
    for (const machine of MACHINES) {
      const host = this.#hostState(machine);
      for (const { pid } of host ? [host, ...host.workers] : []) killProcess(pid);
    }
  }
}
