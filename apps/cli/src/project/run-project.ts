/**
 * `msec run`: builds a project and runs it in one process on loopback. When sources or the IDL change, the process takes the new code
 * over and keeps its connections; when the configuration changes, it is started anew.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { isAppError } from "@msec/core";
import { openBundler, PLUGIN_FORMAT_VERSION, type ProjectBundler } from "./build-plugin.js";
import { generateProject } from "./generate.js";
import { openProject, type Project } from "./project.js";
import { watchProject } from "./watch-project.js";

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
  try {
    if (options.isWatching) await runner.update();
    else await runner.start();
    return await runner.untilStopped();
  } finally {
    await runner.close();
  }
}

/** What a running process can't take over. */
const NEEDS_RESTART = /^(package\.json|etc(\/.*)?)$/;

class ProjectRunner {
  readonly #options: RunOptions;
  readonly #stage: string;
  #child: ChildProcess | undefined;
  #bundler: { readonly project: Project; readonly bundler: ProjectBundler } | undefined;
  #updating: Promise<void> = Promise.resolve();
  /** Changes that no update has taken up. */
  #changed = new Set<string>();
  #bundles = 0;
  #isEnding = false;

  constructor(options: RunOptions) {
    this.#options = options;
    this.#stage = join(options.directory, ".msec", "run");
  }

  /** Builds and starts a process; only a good build replaces what runs. */
  async start(): Promise<void> {
    const project = openProject(this.#options.directory);
    await this.#closeBundler();
    rmSync(this.#stage, { recursive: true, force: true });
    const main = await this.#build(project);
    this.#writeConfig(project);
    const manifest = { formatVersion: PLUGIN_FORMAT_VERSION, service: project.service, main };
    writeFileSync(join(this.#stage, "plugin", "msec.json"), JSON.stringify(manifest));
    await this.#stop();
    this.#spawn(project);
  }

  /** Takes changes up, one update after the other. What is wrong is told on stderr; the next change may repair it. */
  update(files: Iterable<string> = []): Promise<void> {
    const isQueued = this.#changed.size > 0;
    for (const file of files) this.#changed.add(file);
    if (isQueued) return this.#updating;
    this.#updating = this.#updating.then(async () => {
      const changed = this.#changed;
      this.#changed = new Set();
      try {
        await this.#takeUp(changed);
      } catch (error) {
        const kept = this.#isRunning() ? "; the last good build goes on" : "";
        process.stderr.write(`${isAppError(error) ? error.message : String(error)}${kept}\n`);
      }
    });
    return this.#updating;
  }

  async untilStopped(): Promise<number> {
    const { directory, isWatching } = this.#options;
    const unwatch = isWatching ? watchProject(directory, (files) => void this.update(files)) : undefined;
    await new Promise<void>((resolve) => {
      process.once("SIGINT", () => resolve());
      process.once("SIGTERM", () => resolve());
      if (!unwatch) this.#child?.once("exit", () => resolve());
    });
    this.#isEnding = true;
    unwatch?.();
    await this.#updating;
    const code = this.#child?.exitCode ?? 0;
    await this.#stop();
    return code;
  }

  async close(): Promise<void> {
    await this.#closeBundler();
  }

  async #takeUp(changed: ReadonlySet<string>): Promise<void> {
    const project = this.#bundler?.project;
    const files = [...changed];
    if (!project || !this.#isRunning() || files.some((file) => NEEDS_RESTART.test(file))) {
      await this.start();
      return;
    }
    const main = await this.#build(
      files.some((file) => file.endsWith(".proto")) ? openProject(project.directory) : project,
    );
    this.#child?.send({ msec: "replace", main });
  }

  /** @returns name of the bundle's file, another one each time: a module is loaded once per name */
  async #build(project: Project): Promise<string> {
    generateProject(project);
    this.#bundler ??= { project, bundler: await openBundler(project, join(this.#stage, "plugin")) };
    const files = await this.#bundler.bundler.rebuild();
    this.#bundles++;
    const plugin = join(this.#stage, "plugin");
    mkdirSync(plugin, { recursive: true });
    const nameOf = (name: string): string => name.replace("service", `service-${this.#bundles}`);
    for (const [name, content] of files) {
      const text = Buffer.from(content).toString();
      const linked = text.replace(/(\n\/\/# sourceMappingURL=)service\.js\.map\s*$/, `$1${nameOf("service.js.map")}\n`);
      writeFileSync(join(plugin, nameOf(name)), linked);
    }
    return nameOf("service.js");
  }

  #writeConfig(project: Project): void {
    mkdirSync(join(this.#stage, "etc"), { recursive: true });
    const config = join(this.#stage, "etc", "config.ini");
    if (existsSync(project.configFile)) copyFileSync(project.configFile, config);
    else writeFileSync(config, "");
  }

  #spawn(project: Project): void {
    const host = createRequire(import.meta.url).resolve("@msec/sdk/host");
    const args = [host, "dev", "--service", project.service, "--dir", this.#stage];
    const env = { ...process.env, MSEC_HOME: this.#options.home, MSEC_BIND_ADDRESS: this.#options.bind };
    // The service ends by itself when the channel breaks, so that a killed `msec run` leaves no process behind.
    const child = spawn(process.execPath, ["--enable-source-maps", ...args], {
      env,
      stdio: ["inherit", "inherit", "inherit", "ipc"],
    });
    this.#child = child;
    child.once("exit", (code, signal) => {
      if (this.#child !== child || this.#isEnding || !this.#options.isWatching) return;
      process.stderr.write(`the service ended (${signal ?? `code ${code}`}); the next change starts it again\n`);
    });
  }

  #isRunning(): boolean {
    return this.#child?.exitCode === null && this.#child.signalCode === null;
  }

  async #stop(): Promise<void> {
    const child = this.#child;
    if (!child || !this.#isRunning()) return;
    this.#child = undefined;
    child.kill("SIGTERM");
    await once(child, "exit");
  }

  async #closeBundler(): Promise<void> {
    await this.#bundler?.bundler.close();
    this.#bundler = undefined;
  }
}
