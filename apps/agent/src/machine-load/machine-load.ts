/** How busy the machine is, from /proc and statfs. Off Linux what can't be read is 0. */
import { statfs } from "node:fs/promises";
import { cpus, freemem, loadavg, totalmem } from "node:os";
import type { Heartbeat } from "@msec/protocol";
import { tryReadText } from "../files/atomic-file.js";

export type MachineLoad = Heartbeat["load"];

interface CpuTimes {
  readonly idle: number;
  readonly total: number;
}

/** Reads the load; CPU use is over the time since the call before (since boot at the first). */
export class MachineLoadReader {
  readonly #directory: string;
  #last: CpuTimes = { idle: 0, total: 0 };
  #cpuRatio = 0;

  /** @param directory whose file system's free space counts */
  constructor(directory: string) {
    this.#directory = directory;
  }

  async read(): Promise<MachineLoad> {
    this.#updateCpu();
    const memory = parseMemory(readProc("/proc/meminfo"));
    const disk = await statfs(this.#directory).catch(() => undefined);
    return {
      cpuRatio: this.#cpuRatio,
      memoryTotalBytes: memory?.totalBytes ?? totalmem(),
      memoryFreeBytes: memory?.availableBytes ?? freemem(),
      loadAverage1m: loadavg()[0] ?? 0,
      diskFreeBytes: disk ? disk.bavail * disk.bsize : 0,
    };
  }

  #updateCpu(): void {
    const now = parseCpuTimes(readProc("/proc/stat")) ?? cpuTimesOfOs();
    const total = now.total - this.#last.total;
    // Ticks are 10 ms: two readings close together say nothing, the last ratio stays.
    if (total < 20) return;
    this.#cpuRatio = Math.min(1, Math.max(0, 1 - (now.idle - this.#last.idle) / total));
    this.#last = now;
  }
}

/** First line of /proc/stat: user nice system idle iowait irq softirq steal …, in ticks. */
export function parseCpuTimes(text: string): CpuTimes | undefined {
  const line = /^cpu +([\d ]+)$/m.exec(text)?.[1];
  if (line === undefined) return undefined;
  const ticks = line.trim().split(" ").slice(0, 8).map(Number); // guest time is part of user time
  const total = ticks.reduce((sum, value) => sum + value, 0);
  return { idle: (ticks[3] ?? 0) + (ticks[4] ?? 0), total };
}

export function parseMemory(text: string): { totalBytes: number; availableBytes: number } | undefined {
  const kib = (key: string) => Number(new RegExp(`^${key}: +(\\d+) kB$`, "m").exec(text)?.[1] ?? Number.NaN) * 1024;
  const totalBytes = kib("MemTotal");
  const availableBytes = kib("MemAvailable");
  return Number.isNaN(totalBytes + availableBytes) ? undefined : { totalBytes, availableBytes };
}

function cpuTimesOfOs(): CpuTimes {
  const sums = { idle: 0, total: 0 };
  for (const { times } of cpus()) {
    sums.idle += times.idle / 10;
    sums.total += (times.user + times.nice + times.sys + times.idle + times.irq) / 10;
  }
  return sums;
}

function readProc(path: string): string {
  return tryReadText(path) ?? "";
}
