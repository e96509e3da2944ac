import { createRequire } from "node:module";
import { dirname, join, relative, resolve } from "node:path";
import { defaultHome } from "@msec/daemon";
import type { Command } from "commander";
import type { CliContext } from "./cli-context.js";
import { buildPlugin } from "./project/build-plugin.js";
import { generateProject } from "./project/generate.js";
import { createProject } from "./project/new-project.js";
import { openProject } from "./project/project.js";
import { runProject } from "./project/run-project.js";
import { VERSION } from "./version.js";
import { parseWhole } from "./whole-number.js";

/** `msec new`, `gen`, `build`, `run`: what a service author does in a project. */
export function projectCommands(program: Command, cli: CliContext): void {
  program
    .command("new <First.Second>")
    .description("make a service project that builds and runs at once")
    .option("--dir <directory>", "where; default: the second-level name")
    .option("--port <port>", "listening port", "7963")
    .action((service: string, options: { dir?: string; port: string }) => {
      const directory = options.dir ?? service.split(".")[1] ?? service;
      const made = createProject({ service, directory, port: parseWhole("--port", options.port, 65_535), packageSpec });
      const place = relative(process.cwd(), made) || ".";
      cli.print({ directory: made }, () => [
        `made ${service} in ${place}`,
        "",
        `  cd ${place} && npm install`,
        "  npm run dev      # runs it; each save is in use at once",
        "  npm test         # calls it",
        "  npm run build    # makes the plug-in archive to upload",
      ]);
    });
  program
    .command("gen")
    .description("generate typed TypeScript from the project's .proto files")
    .option("--dir <directory>", "project", ".")
    .action((options: { dir: string }) => {
      const files = generateProject(openProject(options.dir));
      cli.print({ files }, () =>
        files.map((f) => `${relative(process.cwd(), f.file)}${f.isChanged ? "" : " (unchanged)"}`),
      );
    });
  program
    .command("build")
    .description("bundle the project into one plug-in archive")
    .option("--dir <directory>", "project", ".")
    .option("--out <file>", "archive; default: dist/<First.Second>.tgz")
    .action(async (options: { dir: string; out?: string }) => {
      const project = openProject(options.dir);
      const built = await buildPlugin(project, options.out === undefined ? undefined : resolve(options.out));
      cli.print(built, () => [`${relative(process.cwd(), built.file)}: ${built.sizeBytes} B`]);
    });
  program
    .command("run")
    .description("build the project and run it in one process; changes are taken over at once")
    .option("--dir <directory>", "project", ".")
    .option("--home <directory>", "MSEC_HOME of the agent whose names it uses", process.env.MSEC_HOME ?? defaultHome())
    .option("--bind <ip>", "address to listen on", "127.0.0.1")
    .option("--no-watch", "do not follow changes")
    .action(async (options: { dir: string; home: string; bind: string; watch: boolean }) => {
      const { home, bind } = options;
      process.exitCode = await runProject({ directory: resolve(options.dir), home, bind, isWatching: options.watch });
    });
}

/** Projects use the packages of this installation: by version when it came from a registry, else by folder. */
function packageSpec(name: "sdk" | "cli"): string {
  const manifest = createRequire(import.meta.url).resolve(`@msec/${name}/package.json`);
  const folder = dirname(manifest);
  return folder.includes(`${join("node_modules", "@msec")}`) ? VERSION : `file:${folder}`;
}
