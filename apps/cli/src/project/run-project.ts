/** `msec run`: builds a project and runs it in one process on loopback; builds and restarts when a file changes. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, existsSync, mkdirSync, readdirSync, watch, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { isAppError } from "@msec/core";
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

/**
 * Runs until SIGINT or SIGTERM. @returns the exit code
 *
 * @throws {ProjectInvalid} the directory holds no project; {BuildFailed} and others when nothing is watched that could repair it
 */
export async function runProject(options: RunOptions): Promise<number> {
  openProject(options.directory);
  const runner = new ProjectRunner(options);
  if (options.isWatching) await runner.restart();
  else await runner.start();
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
  async start(): Promise<void> {
    const project = openProject(this.#options.directory);
    await this.#stageProject(project);
    await this.#stop();
    this.#spawn(project);
  }

  /** One start after the other. What is wrong is told on stderr; the next change may repair it. */
  restart(): Promise<void> {
    this.#restarting = this.#restarting.then(async () => {
      try {
        await this.start();
      } catch (error) {
        const kept = this.#isRunning() ? "; the last good build goes on" : "";
        process.stderr.write(`${isAppError(error) ? error.message : String(error)}${kept}\n`);
      }
    });
    return this.#restarting;
  }

  async untilStopped(): Promise<number> {
    const { directory, isWatching } = this.#options;
    const unwatch = isWatching ? watchProject(directory, () => void this.restart()) : undefined;
    await new Promise<void>((resolve) => {
      process.once("SIGINT", () => resolve());
      process.once("SIGTERM", () => resolve());
      if (!unwatch) this.#child?.once("exit", () => resolve());
    });
    unwatch?.();
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

  #spawn(project: Project): void {
    const host = createRequire(import.meta.url).resolve("@msec/sdk/host");
    const args = [host, "dev", "--service", project.service, "--dir", this.#stage];
    const env = { ...process.env, MSEC_HOME: this.#options.home, MSEC_BIND_ADDRESS: this.#options.bind };
    // The channel carries nothing: the service ends by itself when it breaks, so that a killed `msec run` leaves no process behind.
    this.#child = spawn(process.execPath, ["--enable-source-maps", ...args], {
      env,
      stdio: ["inherit", "inherit", "inherit", "ipc"],
    });
  }

  #isRunning(): boolean {
    return this.#child?.exitCode === null && this.#child.signalCode === null;
  }

  async #stop(): Promise<void> {
    const child = this.#child;
    if (!child || !this.#isRunning()) return;
    child.kill("SIGTERM");
    await once(child, "exit");
  }
}

const OWN_OUTPUT = /^(dist|\.msec|node_modules|\.git)$/;

/** Tells of changes, once per burst: of files in the project's folder, and in each folder of it that holds no output. @returns ends it */
function watchProject(directory: string, onChange: () => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  const onEvent = (_event: string, file: string | null) => {
    if (file === null || OWN_OUTPUT.test(file) || /(^|\/)gen(\/|$)/.test(file)) return;
    clearTimeout(timer);
    timer = setTimeout(onChange, SETTLE_MS);
  };
  const folders = readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !OWN_OUTPUT.test(entry.name))
    .map((entry) => watch(join(directory, entry.name), { recursive: true }, onEvent));
  const watchers = [watch(directory, onEvent), ...folders];
  return () => {
    clearTimeout(timer);
    for (const watcher of watchers) watcher.close();
  };
}
