/** `msec start|stop|restart|reload|show`: the processes of one service on this machine. */
import { defaultHome } from "@msec/daemon";
import { type ServiceState, tryReadWantedState, type WantedState } from "@msec/rpc/process";
import type { Command } from "commander";
import { ago, type CliContext, table } from "./cli-context.js";
import { LocalService, type LocalState } from "./local-services.js";
import { parseWhole } from "./whole-number.js";

interface LocalOptions {
  readonly home: string;
  readonly wait?: string;
  readonly bind?: string;
  readonly force?: boolean;
}

const CONFIG_TEXT =
  "config    [LOG] and [COLOR] count at once, the rest after msec reload, accept and reload of [SRPC] after msec restart";

export function localCommands(program: Command, cli: CliContext): void {
  for (const name of ["start", "restart"] as const) startCommand(program, cli, name);
  waiting(command(program, "stop", "drain and stop a service of this machine; it stays stopped until it is started"))
    .option("--force", "kill it at once; calls under way are lost")
    .action(async (service: string, options: LocalOptions) => {
      const hasRun = await open(service, options).stop(options.force ?? false);
      cli.print({ service, hasRun }, () => [hasRun ? `${service}: stopped` : `${service}: it was not running`]);
    });
  const reload = "start new workers from the current release and config.ini, then drain the old ones; no call fails";
  waiting(command(program, "reload", reload)).action(async (service: string, options: LocalOptions) => {
    const state = await open(service, options).reload();
    cli.print(state, () => [runsText(service, state)]);
  });
  const show = "the processes of a service of this machine, who wants it to run, and how its last reload went";
  command(program, "show", show).action((service: string, options: LocalOptions) => {
    const local = open(service, options);
    const state = local.tryState();
    const wanted = tryReadWantedState(local.own.wanted);
    cli.print({ state: state ?? null, wanted: wanted ?? null }, () => showLines(service, state, wanted));
    local.requireRunning();
  });
}

function startCommand(program: Command, cli: CliContext, name: "start" | "restart"): void {
  const text = {
    start: "start a service of this machine from its current release",
    restart: "stop a service of this machine and start it again; meanwhile its calls fail, unlike with reload",
  };
  waiting(command(program, name, text[name]))
    .option(
      "--bind <address>",
      "what all in listen stands for (default: the agent's address, without one every address)",
    )
    .action(async (service: string, options: LocalOptions) => {
      const local = open(service, options);
      if (name === "restart") await local.stop(false);
      const state = await local.start();
      cli.print(state, () => [runsText(service, state)]);
    });
}

function command(program: Command, name: string, text: string): Command {
  return program
    .command(`${name} <First.Second>`)
    .description(text)
    .option("--home <directory>", "home of this machine", process.env.MSEC_HOME ?? defaultHome());
}

function waiting(command: Command): Command {
  return command.option("--wait <seconds>", "how long to wait for the end of it", "90");
}

function open(service: string, { home, wait = "0", bind }: LocalOptions): LocalService {
  return new LocalService(service, { home, bind, waitMs: parseWhole("--wait", wait) * 1_000 });
}

function runsText(service: string, { releaseId, pid, workers, listen }: ServiceState): string {
  const old = workers.filter(({ state }) => state === "stopping").length;
  const rest = old > 0 ? `; ${old} old ones finish what they have` : "";
  return `${service}: release ${releaseId} runs, process ${pid}, ${workers.length - old} workers, ${listen.join(", ")}${rest}`;
}

function showLines(service: string, state: LocalState | undefined, wanted: WantedState | undefined): string[] {
  const order = wanted === undefined ? [] : [`wanted    ${wanted.wanted} (${wanted.by}, ${ago(wanted.atMs)})`];
  if (!state) return [`service   ${service}`, "state     has never run here", ...order];
  const phase = state.isAlive ? state.state : `dead, last ${state.state}`;
  return [
    `service   ${service}`,
    `state     ${phase}${state.text === "" ? "" : `: ${state.text}`}`,
    ...order,
    `release   ${state.releaseId}`,
    `listens   ${state.listen.join(", ") || "-"}`,
    `since     ${ago(state.startedAtMs)}, ${state.restarts} workers replaced`,
    `reload    ${reloadText(state)}`,
    CONFIG_TEXT,
    ...table(
      ["PROCESS", "PID", "STATE", "GENERATION"],
      [
        ["controller", state.pid, phase, "-"],
        ...state.workers.map((w) => ["worker", w.pid, state.isAlive ? w.state : "-", String(w.generation ?? 1)]),
      ],
    ),
  ];
}

function reloadText({ reload }: ServiceState): string {
  if (reload === undefined || reload.number === 0) return "none yet";
  return `number ${reload.number} ${reload.state}${reload.text === "" ? "" : `: ${reload.text}`}`;
}
