/** A real console with services registered over its API, for the naming benchmark. */
import { type ApiClient, createApiClient } from "@msec/api-schema";
import { makeFirstAccount, type ProgramName, programWords } from "@msec/cli";
import { makeTempDirectory, type RunningProgram, startProgram, TestScope } from "@msec/testkit";

const GROUPS = 10;
const AT_A_TIME = 4;

export interface Fleet {
  readonly services: number;
  /** Instances of each. */
  readonly instances: number;
}

export class NamingStage {
  readonly scope = new TestScope();
  readonly home: string = makeTempDirectory(this.scope, "naming");
  #api: ApiClient | undefined;
  #console: RunningProgram | undefined;

  get api(): ApiClient {
    if (!this.#api) throw new Error("not open");
    return this.#api;
  }

  get consolePid(): number {
    return this.#console?.pid ?? 0;
  }

  async open(): Promise<void> {
    this.#console = await this.program("console", [
      ...["--home", `${this.home}/console-home`, "--listen", "127.0.0.1:0", "--link.listen", "127.0.0.1:0"],
    ]);
    const url = String(this.#console.ready.httpUrl);
    const account = { name: "bench", password: "correct-horse-battery" };
    const token = await makeFirstAccount(url, String(this.#console.ready.setupLink), account);
    this.#api = createApiClient({ baseUrl: url, token });
  }

  /** Registers services and puts all their instances into traffic. */
  async fill({ services, instances }: Fleet): Promise<void> {
    for (let group = 0; group < GROUPS; group += 1)
      await this.api("groups.create", { body: { name: `Group${group}`, kind: "standard" } });
    const hosts = Array.from({ length: instances }, (_, at) => hostOf(at));
    await several(services, async (at) => {
      const params = nameOf(at);
      await this.api("services.create", { body: { ...params, port: 10_000 + at } });
      await this.api("instances.create", { params, body: { hosts } });
      const addresses = hosts.map((host) => `${host}:${10_000 + at}`);
      await this.api("capacity.change", { params, body: { action: "expand", addresses } });
      if (at % 100 === 99) process.stderr.write(`  ${at + 1} services\n`);
    });
  }

  async tokens(count: number): Promise<string[]> {
    const secrets: string[] = [];
    await several(count, async () => {
      secrets.push((await this.api("joinTokens.create", { body: {} })).secret);
    });
    return secrets;
  }

  /** Takes the first instance of a service out of traffic, or puts it back. */
  async change(at: number, action: "expand" | "shrink"): Promise<void> {
    const addresses = [`${hostOf(0)}:${10_000 + at}`];
    await this.api("capacity.change", { params: nameOf(at), body: { action, addresses } });
  }

  program(name: ProgramName, settings: readonly string[]): Promise<RunningProgram> {
    return startProgram(this.scope, [process.execPath, ...programWords(name), ...settings]);
  }
}

/** `work(0)` to `work(count - 1)`, a few at a time. */
export async function several(count: number, work: (at: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async () => {
    for (let at = next++; at < count; at = next++) await work(at);
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, worker));
}

function nameOf(at: number): { first: string; second: string } {
  return { first: `Group${at % GROUPS}`, second: `s${String(at).padStart(4, "0")}` };
}

function hostOf(at: number): string {
  return `10.200.${at >> 8}.${(at & 255) + 1}`;
}
