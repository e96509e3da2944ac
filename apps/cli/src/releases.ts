import type { Release } from "@msec/api-schema";
import { parseServiceName } from "@msec/core";
import type { Command } from "commander";
import { ago, type CliContext, table } from "./cli-context.js";
import { ReleaseEndedBadly } from "./errors.js";

const POLL_MS = 500;

interface CreateOptions {
  readonly config: string;
  readonly plugin: string;
  readonly idl?: string;
  readonly memo: string;
  readonly wait?: boolean;
}

/** `msec release …`. */
export function releaseCommands(program: Command, cli: CliContext): void {
  const release = program.command("release").description("put versions on machines");
  release
    .command("create <First.Second> <addresses...>")
    .description("release to instances")
    .requiredOption("--config <tag>", "config version")
    .requiredOption("--plugin <tag>", "plug-in version")
    .option("--idl <tag>", "interface version, for the record")
    .option("--memo <text>", "note", "")
    .option("--no-wait", "do not wait for the end")
    .action(async (full: string, addresses: string[], options: CreateOptions) => {
      const created = await cli.api()("releases.create", {
        params: parseServiceName(full),
        body: {
          configTag: options.config,
          pluginTag: options.plugin,
          ...(options.idl !== undefined && { idlTag: options.idl }),
          addresses,
          memo: options.memo,
          start: true,
        },
      });
      await finish(cli, created, options.wait !== false);
    });
  release
    .command("list")
    .description("releases, newest first")
    .option("--service <First.Second>", "of one service")
    .action(async (options: { service?: string }) => {
      const query = options.service === undefined ? {} : { service: options.service };
      const answer = await cli.api()("releases.list", { query });
      cli.print(answer, () =>
        table(
          ["RELEASE", "SERVICE", "STATUS", "PLUG-IN", "CONFIG", "MEMO", "BY", "MADE"],
          answer.releases.map((r) => [
            r.releaseId,
            r.service,
            r.status,
            r.pluginTag,
            r.configTag,
            r.memo,
            r.author,
            ago(r.createdAtMs),
          ]),
        ),
      );
    });
  release
    .command("show <id>")
    .description("one release with the steps of each machine")
    .action(async (releaseId: string) => {
      const answer = await cli.api()("releases.get", { params: { releaseId } });
      cli.print(answer, () => releaseLines(answer));
    });
  release
    .command("watch <id>")
    .description("follow a release to its end; can be left and taken up again")
    .action(async (releaseId: string) => {
      await finish(cli, await cli.api()("releases.get", { params: { releaseId } }), true);
    });
  for (const action of ["start", "rollback"] as const) {
    release
      .command(`${action} <id>`)
      .description(action === "start" ? "carry out a planned or failed release" : "switch back to what ran before")
      .option("--no-wait", "do not wait for the end")
      .action(async (releaseId: string, options: { wait?: boolean }) => {
        const begun = await cli.api()(`releases.${action}`, { params: { releaseId }, body: {} });
        await finish(cli, begun, options.wait !== false);
      });
  }
}

async function finish(cli: CliContext, begun: Release, isWaiting: boolean): Promise<void> {
  if (!isWaiting) {
    cli.print(begun, () => [`${begun.releaseId} is ${begun.status}; msec release watch ${begun.releaseId}`]);
    return;
  }
  let shown = 0;
  let release = begun;
  for (;;) {
    const lines = stepLines(release);
    if (!cli.options.json) for (const line of lines.slice(shown)) process.stderr.write(`${line}\n`);
    shown = lines.length;
    if (!["running", "rolling_back"].includes(release.status)) break;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    release = await cli.api()("releases.get", { params: { releaseId: begun.releaseId } });
  }
  if (!["succeeded", "rolled_back", "ready"].includes(release.status)) {
    const failures = release.targets.flatMap((t) => (t.error === null ? [] : [`${t.address}: ${t.error}`]));
    throw new ReleaseEndedBadly({ releaseId: release.releaseId, status: release.status, failures });
  }
  cli.print(release, () => [
    `${release.releaseId} ${release.status} on ${release.targets.map((t) => t.address).join(", ")}`,
  ]);
}

/** Steps of all machines in the order of time; a line once shown keeps its place. */
function stepLines(release: Release): string[] {
  const steps = release.targets.flatMap(({ address, steps }) => steps.map((step) => ({ address, ...step })));
  return steps
    .toSorted((a, b) => a.atMs - b.atMs)
    .map((s) => `${new Date(s.atMs).toISOString()} ${s.address} ${s.step}: ${s.text}`);
}

function releaseLines(release: Release): string[] {
  return [
    `${release.releaseId} ${release.service} ${release.status}: plug-in ${release.pluginTag}, config ${release.configTag}, by ${release.author}`,
    ...table(
      ["ADDRESS", "MACHINE", "STATUS", "BEFORE", "ERROR"],
      release.targets.map((t) => [t.address, t.machineName, t.status, t.previousReleaseId ?? "-", t.error ?? ""]),
    ),
    ...stepLines(release),
  ];
}
