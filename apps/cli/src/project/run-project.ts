/** `msec run`: builds a project and runs it in one process on loopback; builds and restarts when a file changes. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, existsSync, mkdirSync, watch, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { toAppError } from "@msec/core";
import { bundleService } from "./build-plugin.js";
import { generateProject } from "./generate.js";
import { openProject, type Project } from "./project.js";

const SETTLE_MS = 60;

export interface RunOptions {
  readonly directory: string;
  readonly home: string;
  /** What `all` in `listen` stands for. */
  readonly bind: string;
  readonly isWatching: boolean;
}

/** Runs until SIGINT or SIGTERM. @returns the exit code */
export async function runProject(options: RunOptions): Promise<number> {
  const runner = new ProjectRunner(options);
  await runner.restart();
  return runner.untilStopped();
}

class ProjectRunner {
  readonly #options: RunOptions;
  readonly #stage: string;
  #child: ChildProcess | undefined;
  #restarting: Promise<void> = Promise.resolve();

  constructor(options: RunOptions) {
    this.#options = options;
    this.#stage = join(options.directory, ".msec", "run");
  }

  /** Builds; only a good build replaces what runs. */
  restart(): Promise<void> {
    this.#restarting = this.#restarting.then(async () => {
      try {
        const project = openProject(this.#options.directory);
        await this.#stageProject(project);
        await this.#stop();
        this.#start(project);
      } catch (error) {
        process.stderr.write(`${toAppError(error).message}\n`);
      }
    });
    return this.#restarting;
  }

  async untilStopped(): Promise<number> {
    let timer: NodeJS.Timeout | undefined;
    const isOwnOutput = (file: string) => /^(dist|\.msec|node_modules|\.git)(\/|$)|(^|\/)gen\//.test(file);
    const onChange = (_event: string, file: string | null) => {
      if (file === null || isOwnOutput(file)) return;
      clearTimeout(timer);
      timer = setTimeout(() => void this.restart(), SETTLE_MS);
    };
    const watcher = this.#options.isWatching
      ? watch(this.#options.directory, { recursive: true }, onChange)
      : undefined;
    await new Promise<void>((resolve) => {
      process.once("SIGINT", () => resolve());
      process.once("SIGTERM", () => resolve());
      if (!watcher) this.#child?.once("exit", () => resolve());
    });
    watcher?.close();
    clearTimeout(timer);
    await this.#restarting;
    const code = this.#child?.exitCode ?? 0;
    await this.#stop();
    return code;
  }

  async #stageProject(project: Project): Promise<void> {
    generateProject(project);
    const bundle = await bundleService(project);
    mkdirSync(join(this.#stage, "plugin"), { recursive: true });
    mkdirSync(join(this.#stage, "etc"), { recursive: true });
    for (const [name, content] of bundle) writeFileSync(join(this.#stage, "plugin", name), content);
    const manifest = { formatVersion: 1, service: project.service, main: "service.js" };
    writeFileSync(join(this.#stage, "plugin", "msec.json"), JSON.stringify(manifest));
    const config = join(this.#stage, "etc", "config.ini");
    if (existsSync(project.configFile)) copyFileSync(project.configFile, config);
    else writeFileSync(config, "");
  }

  #start(project: Project): void {
    const host = createRequire(import.meta.url).resolve("@msec/sdk/host");
    const args = [host, "dev", "--service", project.service, "--dir", this.#stage];
    const env = { ...process.env, MSEC_HOME: this.#options.home, MSEC_BIND_ADDRESS: this.#options.bind };
    this.#child = spawn(process.execPath, ["--enable-source-maps", ...args], { env, stdio: "inherit" });
  }

  async #stop(): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGTERM");
    await once(child, "exit");
  }
}
