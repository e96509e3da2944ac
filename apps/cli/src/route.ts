/** `msec route`: whom calls of this machine to a service go to now, and why; or of another machine, through the console. */
import { existsSync, readFileSync } from "node:fs";
import type { ServiceRouteRow } from "@msec/api-schema";
import { hashKey, type RouteReading, readRoutes } from "@msec/balancer";
import { homePaths, isAppError, parseServiceName } from "@msec/core";
import { defaultHome } from "@msec/daemon";
import { isStillRunning } from "@msec/rpc/process";
import { bootNowMs, type LiveTable, openLiveTable, SharedFileMissing } from "@msec/shm";
import type { Command } from "commander";
import { ago, type CliContext, table } from "./cli-context.js";
import { AgentNeverHere, RouteUnknown } from "./errors.js";
import { parseWhole } from "./whole-number.js";

const WATCH_MS = 1_000;
const SHARE_PICKS = 2_000;
/** Like original tools, which picked so often at most in a moment. */
const MAX_PICKS = 10_000_000;
const CLEAR_SCREEN = "\u001b[H\u001b[J";

interface RouteOptions {
  readonly home: string;
  readonly pick?: string;
  readonly key?: string;
  readonly machine?: string;
  readonly watch?: boolean;
}

/** What both sources have: the table of this machine, and the console's answer. */
interface RouteAnswer extends Omit<RouteReading, "rows" | "sample"> {
  readonly service: string;
  readonly isAgentRunning: boolean;
  readonly rows: readonly ServiceRouteRow[];
  readonly sample: { readonly text: string } | null;
}

export function routeCommand(program: Command, cli: CliContext): void {
  program
    .command("route <First.Second>")
    .description(
      "whom calls of this machine to a service go to: each instance with its share, its health and why; read from the agent's table, nothing is called",
    )
    .option("--home <directory>", "home of this machine", process.env.MSEC_HOME ?? defaultHome())
    .option("--pick <times>", "pick so often, on a copy of the table, and print the hits of each instance")
    .option("--key <text>", "pick for calls of this user, or other key (policy consistent hash)")
    .option("--machine <name>", "as this machine sees it; asks the console")
    .option("--watch", "again every second, until Ctrl-C")
    .action(async (service: string, options: RouteOptions) => {
      const read = reader(service, options, cli);
      const lines = options.pick === undefined ? routeLines : hitLines;
      const show = (answer: RouteAnswer) => cli.print(answer, () => lines(answer));
      if (!options.watch) show(await read());
      else await watch(read, (answer) => cli.print(answer, () => [...clear(cli), ...lines(answer)]));
    });
}

function reader(service: string, options: RouteOptions, cli: CliContext): () => Promise<RouteAnswer> {
  const name = parseServiceName(service);
  const picks = options.pick === undefined ? SHARE_PICKS : parsePicks(options.pick);
  if (options.machine === undefined) {
    const live = openTable(service, options.home);
    const key = options.key === undefined ? 0 : hashKey(options.key);
    return async () => readLocal(service, live, { home: options.home, picks, key });
  }
  const { machine } = options;
  return async () => {
    const query = { machine, picks, ...(options.key !== undefined && { key: options.key }) };
    const { routes } = await cli.api()("routes.get", { params: name, query });
    if (routes === null) throw new RouteUnknown({ service, home: `machine ${machine}` });
    return { ...routes, service, isAgentRunning: true };
  };
}

function parsePicks(text: string): number {
  return Math.max(1, parseWhole("--pick", text, MAX_PICKS));
}

/** @throws {AgentNeverHere} {RouteUnknown} */
function openTable(service: string, home: string): LiveTable {
  const paths = homePaths(home);
  try {
    return openLiveTable(paths.liveTable(service));
  } catch (error) {
    if (!isAppError(error) || error.reason !== SharedFileMissing.reason) throw error;
    if (!existsSync(paths.naming)) throw new AgentNeverHere({ home }, { cause: error });
    throw new RouteUnknown({ service, home }, { cause: error });
  }
}

function readLocal(service: string, live: LiveTable, at: { home: string; picks: number; key: number }): RouteAnswer {
  live.reopenIfReplaced();
  live.refresh();
  const reading = readRoutes(live, { nowMs: bootNowMs(), random: Math.random, picks: at.picks, key: at.key });
  return { service, isAgentRunning: isAgentRunning(homePaths(at.home).agentInfo), ...reading };
}

function isAgentRunning(path: string): boolean {
  try {
    const { pid, startTicks } = JSON.parse(readFileSync(path, "utf8")) as { pid: number; startTicks: number };
    return isStillRunning({ pid, startTicks });
  } catch {
    return false;
  }
}

function routeLines(answer: RouteAnswer): string[] {
  const isNear = answer.locality !== "none";
  const header = [
    "INSTANCE",
    ...(isNear ? ["NEAR"] : []),
    "WEIGHT",
    "SHARE",
    "IN FLIGHT",
    "LATENCY",
    "SUCCESS",
    "STATE",
  ];
  const cells = (row: ServiceRouteRow) => [
    row.address,
    ...(isNear ? [["-", "zone", "rack"][row.nearness] ?? "-"] : []),
    ...[row.weight, percent(row.share), row.inFlight, row.latencyMs === 0 ? "-" : `${row.latencyMs.toFixed(1)} ms`],
    ...[row.successRatio === null ? "-" : percent(row.successRatio), row.state, row.why],
  ];
  return [...headLines(answer), ...table([...header, "WHY"], answer.rows.map(cells)), ...sampleLines(answer)];
}

/** Most hits first. */
function hitLines(answer: RouteAnswer): string[] {
  const rows = answer.rows.toSorted((one, other) => other.hits - one.hits);
  const cells = (row: ServiceRouteRow) => [row.address, row.hits, percent(row.share), row.state];
  return [
    ...headLines(answer),
    ...table(["INSTANCE", "HITS", "SHARE", "STATE"], rows.map(cells)),
    ...sampleLines(answer),
  ];
}

function headLines({ service, policy, revision, updatedAtMs, count, rows, ...answer }: RouteAnswer): string[] {
  const parts = [
    `${service}: ${count} instances, policy ${policy}, names of revision ${revision} (${ago(updatedAtMs)})`,
    ...(answer.locality === "none" ? [] : [`prefers the same ${answer.locality}`]),
    ...(answer.isPartitioned ? [`only this machine's set, ${answer.otherSetsCount} in other sets`] : []),
    ...(rows.length < count ? [`${rows.length} shown`] : []),
  ];
  const warning = answer.isAgentRunning ? [] : ["the agent does not run: names do not change, nothing is probed"];
  return [parts.join("; "), ...warning];
}

function sampleLines({ sample }: RouteAnswer): string[] {
  return sample === null
    ? ["no instance is in traffic: calls fail with LB_NO_INSTANCE"]
    : [`one pick    ${sample.text}`];
}

function percent(ratio: number): string {
  return `${(100 * ratio).toFixed(1)} %`;
}

function clear(cli: CliContext): string[] {
  return process.stdout.isTTY && !cli.options.json ? [`${CLEAR_SCREEN}${new Date().toISOString().slice(11, 19)}`] : [];
}

async function watch(read: () => Promise<RouteAnswer>, show: (answer: RouteAnswer) => void): Promise<void> {
  let isOver = false;
  const end = (): void => {
    isOver = true;
  };
  process.once("SIGINT", end);
  process.once("SIGTERM", end);
  while (!isOver) {
    show(await read());
    await new Promise((resolve) => setTimeout(resolve, WATCH_MS));
  }
}
