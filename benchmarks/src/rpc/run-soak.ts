/**
 * `npm run bench -- soak [--minutes 10] [--rate 20000]`: a service with all features on at half of its greatest load, or at a given rate. Fails when a call failed or memory
 * of the server or the client is not flat (rule: flatness.ts).
 */
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { writeResult } from "../result.js";
import type { MemoryUse } from "./bench-process.js";
import type { Child } from "./child.js";
import { type Growth, judgeGrowth, type MemorySample } from "./flatness.js";
import { type Pair, runWindow, startAgentChild, startPair, stopPair } from "./measure.js";
import type { PacedCounts } from "./paced-load.js";
import { chooseScenarios } from "./scenarios.js";
import { formatColumns } from "./summary.js";

const SAMPLE_EVERY_MS = 5_000;
/** Before a sample for answers under way, after it for the event loop to be quiet again. */
const SETTLE_MS = 300;
const WARM_UP_MS = 3_000;
const PROBE_MS = 3_000;
const MIN_MINUTES = 1;

interface Samples {
  readonly server: MemorySample[];
  readonly client: MemorySample[];
}

/** The load pauses meanwhile: a collection holds the event loop up, and the service would rightly refuse calls for it. */
async function sampleMemory({ server, client }: Pair, samples: Samples, atMs: number): Promise<void> {
  await client.ask({ kind: "pausePaced" });
  await sleep(SETTLE_MS);
  const take = async (child: Child): Promise<MemorySample> => {
    const use = (await child.ask({ kind: "memory" })) as MemoryUse;
    return { atMs, ...use };
  };
  samples.server.push(await take(server));
  samples.client.push(await take(client));
  await sleep(SETTLE_MS);
  await client.ask({ kind: "resumePaced" });
}

async function runPaced(
  pair: Pair,
  ratePerSec: number,
  durationMs: number,
): Promise<Samples & { counts: PacedCounts }> {
  const samples: Samples = { server: [], client: [] };
  const startedMs = performance.now();
  await pair.client.ask({ kind: "startPaced", ratePerSec });
  for (let elapsedMs = 0; elapsedMs < durationMs; elapsedMs = performance.now() - startedMs) {
    await sleep(Math.min(SAMPLE_EVERY_MS, durationMs - elapsedMs));
    await sampleMemory(pair, samples, Math.round(performance.now() - startedMs));
  }
  const counts = (await pair.client.ask({ kind: "stopPaced" })) as PacedCounts;
  return { ...samples, counts };
}

function formatGrowth(rows: Readonly<Record<string, Growth>>): string {
  const header = ["memory", "first MB", "last MB", "MB/hour", "grown MB", "± MB", "allowed MB", ""];
  const lines = Object.entries(rows).map(([name, growth]) => [
    name,
    growth.firstMb.toFixed(2),
    growth.lastMb.toFixed(2),
    growth.mbPerHour.toFixed(2),
    growth.windowMb.toFixed(2),
    growth.errorMb.toFixed(2),
    growth.allowedMb.toFixed(2),
    growth.isFlat ? "flat" : "GROWS",
  ]);
  return formatColumns([header, ...lines]);
}

async function soak(minutes: number, wantedRate: number | undefined): Promise<boolean> {
  const scenario = chooseScenarios("256")[0]!;
  const agent = await startAgentChild();
  try {
    const pair = await startPair(scenario, { peer: "msec", agent, nodeArgs: ["--expose-gc"] });
    try {
      await runWindow(pair, scenario.inFlight, WARM_UP_MS);
      const { load } = await runWindow(pair, scenario.inFlight, PROBE_MS);
      const maxPerSec = Math.round((load.calls * 1000) / load.elapsedMs);
      const ratePerSec = wantedRate ?? Math.round(maxPerSec / 2);
      process.stderr.write(`greatest load ${maxPerSec} calls/s; ${ratePerSec} calls/s for ${minutes} min\n`);
      const { server, client, counts } = await runPaced(pair, ratePerSec, minutes * 60_000);
      const [ofServer, ofClient] = [judgeGrowth(server), judgeGrowth(client)];
      const growth = {
        serverHeap: ofServer.heap,
        serverExternal: ofServer.external,
        serverResident: ofServer.resident,
        clientHeap: ofClient.heap,
        clientExternal: ofClient.external,
        clientResident: ofClient.resident,
      };
      const isFlat = Object.values(growth).every((each) => each.isFlat);
      const ok = isFlat && counts.errors === 0;
      process.stderr.write(`${formatGrowth(growth)}\n${counts.errors} errors ${counts.firstError}\n`);
      const line = { ok, minutes, maxPerSec, ratePerSec, ...counts, growth };
      await writeResult(
        "soak",
        { ...line, samples: { server, client } },
        { line, isKept: minutes >= 10 && wantedRate === undefined },
      );
      return ok;
    } finally {
      await stopPair(pair);
    }
  } finally {
    await agent.stop();
  }
}

const OPTIONS = { minutes: { type: "string", default: "10" }, rate: { type: "string" } } as const;

/** @throws when `--minutes` is below 1: there would be nothing to fit */
export async function runSoakBenchmark(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({ args: [...args], options: OPTIONS });
  const minutes = Number(values.minutes);
  if (!(minutes >= MIN_MINUTES)) throw new Error(`--minutes ${values.minutes}: use ${MIN_MINUTES} or more`);
  const rate = values.rate === undefined ? undefined : Number(values.rate);
  if (!(await soak(minutes, rate))) process.exitCode = 1;
}
