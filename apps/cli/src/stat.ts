/** `msec stat`: what the services of this machine counted, from the files that their controllers write once a second. */
import { existsSync, readdirSync } from "node:fs";
import { homePaths, parseServiceName } from "@msec/core";
import { defaultHome } from "@msec/daemon";
import { type ServiceStat, tryReadServiceStat, type WorkerStat } from "@msec/rpc/process";
import type { Command } from "commander";
import { ago, type CliContext, table } from "./cli-context.js";
import { StatMissing } from "./errors.js";

/** Older numbers are those of a service that does not run. */
const FRESH_MS = 5_000;

export function statCommand(program: Command, cli: CliContext): void {
  program
    .command("stat [First.Second]")
    .description(
      "what services of this machine counted: traffic, requests, refusals, costs, delays and memory, per worker and in total",
    )
    .option("--home <directory>", "home of this machine", process.env.MSEC_HOME ?? defaultHome())
    .option("--watch", "a line per second with what happened in it, until Ctrl-C")
    .action(async (service: string | undefined, options: { home: string; watch?: boolean }) => {
      const names = service === undefined ? servicesWithStat(options.home) : [service];
      if (options.watch) await watchStats(names, options.home, cli);
      else for (const name of names) print(readStat(name, options.home), cli);
    });
}

function statPath(service: string, home: string): string {
  return homePaths(home).service(parseServiceName(service)).stat;
}

/** @throws {StatMissing} */
function readStat(service: string, home: string): ServiceStat {
  const path = statPath(service, home);
  const stat = tryReadServiceStat(path);
  if (!stat) throw new StatMissing({ service, path });
  return stat;
}

function servicesWithStat(home: string): string[] {
  const directories = (path: string): string[] =>
    existsSync(path)
      ? readdirSync(path, { withFileTypes: true }).flatMap((e) => (e.isDirectory() ? [e.name] : []))
      : [];
  return directories(home)
    .flatMap((first) => directories(`${home}/${first}`).map((second) => ({ first, second })))
    .filter((name) => existsSync(homePaths(home).service(name).stat))
    .map(({ first, second }) => `${first}.${second}`);
}

function print(stat: ServiceStat, cli: CliContext): void {
  cli.print(stat, () => statLines(stat));
}

function statLines(stat: ServiceStat): string[] {
  const { total } = stat;
  const isFresh = Date.now() - stat.atMs < FRESH_MS;
  const age = isFresh ? `running since ${ago(stat.startedAtMs)}` : `NOT RUNNING, as of ${ago(stat.atMs)}`;
  return [
    `${stat.service} release ${stat.releaseId}, ${age}, ${stat.restarts} workers replaced, ${stat.reloads} reloads`,
    ...table(
      [
        ...["WORKER", "CONNS", "ACCEPTED", "DROPPED", "REQUESTS", "FAILED", "IN FLIGHT", "IN", "OUT"],
        ...["LOOP LATE p50/p99/max", "WAITED", "MEMORY"],
      ],
      [
        ...stat.workers.map((w) => [`${w.pid}${w.state === "ready" ? "" : ` ${w.state}`}`, ...cells(w)]),
        ["total", ...cells(total)],
      ],
    ),
    `costs     ${costText(total)}`,
    `refused   ${countsText(total.refused)}`,
    `calls     ${total.calls}, failed ${total.callsFailed}, of them without an answer in time ${total.callTimeouts}`,
  ];
}

function cells(stat: WorkerStat): (string | number)[] {
  const { p50, p99, max } = stat.loopDelayMs;
  return [
    ...[stat.connections, stat.accepted, stat.dropped, stat.requests, stat.failed, stat.inFlight],
    ...[bytesText(stat.rxBytes), bytesText(stat.txBytes)],
    ...[`${p50}/${p99}/${max} ms`, `${stat.queueDelayMs} ms`, bytesText(stat.rssBytes)],
  ];
}

/** Steps in which something was, with their share. */
function costText({ costs, requests }: WorkerStat): string {
  const parts = Object.entries(costs).flatMap(([from, count]) =>
    count > 0 ? [`from ${from}: ${count} (${((100 * count) / Math.max(1, requests)).toFixed(1)} %)`] : [],
  );
  return parts.join(", ") || "no request yet";
}

function countsText(counts: Readonly<Record<string, number>>): string {
  return (
    Object.entries(counts)
      .map(([name, count]) => `${name} ${count}`)
      .join(", ") || "none"
  );
}

function bytesText(bytes: number): string {
  if (bytes < 10_000) return `${bytes} B`;
  if (bytes < 10_000_000) return `${Math.round(bytes / 1_000)} kB`;
  return bytes < 1e10 ? `${Math.round(bytes / 1e6)} MB` : `${Math.round(bytes / 1e9)} GB`;
}

/** A line per service and second; with --json the whole numbers. */
async function watchStats(names: readonly string[], home: string, cli: CliContext): Promise<void> {
  const before = new Map<string, ServiceStat>();
  let isOver = false;
  const end = (): void => {
    isOver = true;
  };
  process.once("SIGINT", end);
  process.once("SIGTERM", end);
  while (!isOver) {
    for (const name of names) {
      const stat = readStat(name, home);
      const last = before.get(name);
      if (last !== undefined && last.atMs !== stat.atMs) cli.print(stat, () => [rateLine(stat, last)]);
      before.set(name, stat);
    }
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  }
}

function rateLine({ service, atMs, total }: ServiceStat, last: ServiceStat): string {
  const seconds = Math.max(0.001, (atMs - last.atMs) / 1_000);
  const rate = (name: "requests" | "failed" | "rxBytes" | "txBytes" | "calls"): number =>
    Math.round((total[name] - last.total[name]) / seconds);
  return [
    new Date(atMs).toISOString().slice(11, 19),
    service,
    `${rate("requests")} req/s`,
    `${rate("failed")} failed/s`,
    `${rate("calls")} calls/s`,
    `in ${bytesText(rate("rxBytes"))}/s`,
    `out ${bytesText(rate("txBytes"))}/s`,
    `${total.connections} conns`,
    `${total.inFlight} in flight`,
    `loop p99 ${total.loopDelayMs.p99} ms`,
    bytesText(total.rssBytes),
  ].join("  ");
}
