/** What a real agent process costs that knows many services: with nothing to do, and with a change per second. */
import { setTimeout as sleep } from "node:timers/promises";
import { waitUntil } from "@msec/testkit";
import { type Fleet, NamingStage } from "./naming-stage.js";
import { cpuSeconds, machineNowMs, peakRssMb, round, rssMb, sharedMb } from "./process-use.js";

const SETTLE_MS = 15_000;

export interface AgentSizes extends Fleet {
  /** Length of each measurement. */
  readonly seconds: number;
}

export async function measureAgent(
  sizes: AgentSizes,
  say: (line: string) => unknown,
): Promise<Record<string, unknown>> {
  const stage = new NamingStage();
  try {
    say(`agent: ${sizes.services} services of ${sizes.instances} instances`);
    await stage.open();
    await stage.fill(sizes);
    const { secret } = await stage.api("joinTokens.create", { body: {} });
    const own = [
      "--home",
      `${stage.home}/machine`,
      "--address",
      "127.0.0.1",
      "--log-port",
      "0",
      "--join-token",
      secret,
    ];
    const startMs = machineNowMs();
    const { pid } = await stage.program("agent", own);
    const has = async () => ((await stage.api("machines.list")).machines[0]?.namingRevision ?? 0) > 0;
    await waitUntil("the agent has the names", has, 60_000);
    const ready = { names_ms: round(machineNowMs() - startMs), cpu_s: cpuSeconds(pid), peak_rss_mb: peakRssMb(pid) };
    say(`agent: start ${JSON.stringify(ready)}`);
    await sleep(SETTLE_MS);
    const idle = await measure(pid, sizes.seconds, async () => undefined);
    say(`agent: idle ${JSON.stringify(idle)}`);
    const changing = await measure(pid, sizes.seconds, (n) => stage.change(n % sizes.services, "shrink"));
    say(`agent: changing ${JSON.stringify(changing)}`);
    return { ...sizes, start: ready, idle, one_change_per_sec: changing };
  } finally {
    await stage.scope.close();
  }
}

async function measure(pid: number, seconds: number, eachSecond: (n: number) => Promise<void>) {
  const [startMs, cpuBefore] = [machineNowMs(), cpuSeconds(pid)];
  for (let n = 0; n < seconds; n += 1) {
    await eachSecond(n);
    await sleep(Math.max(0, startMs + (n + 1) * 1_000 - machineNowMs()));
  }
  const cpu = cpuSeconds(pid) - cpuBefore;
  const ms = machineNowMs() - startMs;
  return {
    cpu_percent_of_a_core: round((cpu * 100_000) / ms),
    rss_mb: rssMb(pid),
    of_it_mapped_files_mb: round(sharedMb(pid)),
  };
}
