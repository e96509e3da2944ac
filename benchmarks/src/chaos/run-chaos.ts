/**
 * `npm run chaos -- [--json] [--quick] [--only kill,stop] [--retries safe]`: faults of one of four backends under load, and what they
 * cost the callers. Fails when a bar is missed.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { writeResult } from "../result.js";
import { formatColumns } from "../rpc/summary.js";
import { type Bar, barsOf, type ChaosRun } from "./chaos-bars.js";
import type { Retries } from "./chaos-client.js";
import { FAULTS, type Fault } from "./chaos-faults.js";
import { ChaosStage } from "./chaos-stage.js";
import { type FaultTiming, runFault } from "./run-fault.js";

const RATE_PER_SEC = 5_000;

const FULL: FaultTiming = { beforeMs: 4_000, lastsMs: 20_000, afterMs: 14_000 };
/** For use while tuning. */
const QUICK: FaultTiming = { beforeMs: 1_500, lastsMs: 5_000, afterMs: 11_000 };
const WARM_UP_MS = 3_000;

const text = (value: number | null): string => (value === null ? "–" : String(value));

function formatRuns(runs: readonly ChaosRun[]): string {
  const titles = [
    "failed",
    "after first",
    "ms until left alone",
    "% of share",
    "ms until restored",
    "p99 ms",
    "max ms",
    "late ms",
  ];
  const rows = runs.map(({ fault, retries, figures }) => [
    `${fault.name}: ${fault.text}`,
    retries,
    String(figures.calls),
    String(figures.failed),
    String(figures.failedAfterFirst),
    text(figures.stopMs),
    (figures.shareLeft * 100).toFixed(1),
    text(figures.restoreMs),
    String(figures.p99Ms),
    String(figures.maxMs),
    String(figures.lateMs),
  ]);
  return formatColumns([["fault", "retries", "calls", ...titles], ...rows]);
}

function formatBars(bars: readonly Bar[]): string {
  const rows = bars.map((bar) => [
    `${bar.fault}, retries: ${bar.retries}: ${bar.what}`,
    text(bar.value),
    String(bar.limit),
    bar.isMet ? "met" : "MISSED",
  ]);
  return formatColumns([["bar", "value", "at most", ""], ...rows]);
}

/** By fault, then by retries. */
function lineOf(runs: readonly ChaosRun[]): Record<string, Record<string, unknown>> {
  const line: Record<string, Record<string, unknown>> = {};
  for (const { fault, retries, figures } of runs) line[fault.name] = { ...line[fault.name], [retries]: figures };
  return line;
}

function chooseFaults(only: string | undefined): readonly Fault[] {
  if (only === undefined) return FAULTS;
  const names = only.split(",");
  const chosen = FAULTS.filter((fault) => names.includes(fault.name));
  if (chosen.length < names.length)
    throw new Error(`--only ${only}: use ${FAULTS.map((fault) => fault.name).join(", ")}`);
  return chosen;
}

function chooseRetries(wanted: string | undefined): readonly Retries[] {
  if (wanted === undefined) return ["none", "safe"];
  if (wanted !== "none" && wanted !== "safe") throw new Error(`--retries ${wanted}: use none or safe`);
  return [wanted];
}

const OPTIONS = {
  json: { type: "boolean", default: false },
  quick: { type: "boolean", default: false },
  only: { type: "string" },
  retries: { type: "string" },
} as const;

async function runAll(stage: ChaosStage, timing: FaultTiming, values: { only?: string; retries?: string }) {
  const runs: ChaosRun[] = [];
  await stage.startLoad({ ratePerSec: RATE_PER_SEC, retries: "none" });
  await sleep(WARM_UP_MS);
  await stage.stopLoad();
  for (const fault of chooseFaults(values.only)) {
    for (const retries of chooseRetries(values.retries)) {
      process.stderr.write(`${fault.name}, retries: ${retries} …\n`);
      // Another one each time: what the machine learned about the last one must not speak.
      const load = { ratePerSec: RATE_PER_SEC, retries };
      const figures = await runFault(stage, { fault, load, timing, victim: runs.length });
      runs.push({ fault, retries, lastsMs: timing.lastsMs, ratePerSec: RATE_PER_SEC, figures });
    }
  }
  return runs;
}

/** Gives everything back when it is interrupted, too. */
async function withStage<T>(work: (stage: ChaosStage) => Promise<T>): Promise<T> {
  const stage = new ChaosStage();
  let isInterrupted = false;
  const onSignal = (): void => {
    isInterrupted = true;
    void stage.close(); // what is waited for fails
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, onSignal);
  try {
    await stage.open();
    return await work(stage);
  } finally {
    await stage.close();
    if (isInterrupted) process.exit(130);
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.off(signal, onSignal);
  }
}

export async function runChaos(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({ args: [...args], options: OPTIONS });
  chooseFaults(values.only);
  const timing = values.quick ? QUICK : FULL;
  const runs = await withStage((stage) => runAll(stage, timing, values));
  const bars = barsOf(runs);
  if (!values.json) process.stderr.write(`\n${formatRuns(runs)}\n\n${formatBars(bars)}\n`);
  const missed = bars.filter((bar) => !bar.isMet);
  const isKept = !values.quick && values.only === undefined && values.retries === undefined;
  const line = { ratePerSec: RATE_PER_SEC, barsMissed: missed.length, ...timing, ...lineOf(runs) };
  await writeResult("chaos", { bars }, { line, isKept });
  if (missed.length > 0) process.exitCode = 1;
}
