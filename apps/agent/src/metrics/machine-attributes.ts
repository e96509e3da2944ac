/** The machine's load as attributes of `RESERVED.monitor`, under the names that pages of the archived system show. */
import type { MachineLoad } from "../machine-load/machine-load.js";
import type { PointBuffer } from "./point-buffer.js";

const MACHINE_SERVICE = "RESERVED.monitor";
const MIB = 1 << 20;

export function recordMachineLoad(buffer: PointBuffer, load: MachineLoad, atMs: number): void {
  const values = {
    "sys.cpu_percent": Math.round(load.cpuRatio * 100),
    "sys.mem_total_mb": Math.round(load.memoryTotalBytes / MIB),
    "sys.mem_free_mb": Math.round(load.memoryFreeBytes / MIB),
    "sys.load_1m_x100": Math.round(load.loadAverage1m * 100),
    "sys.disk_free_mb": Math.round(load.diskFreeBytes / MIB),
  };
  const atSec = Math.floor(atMs / 1_000);
  for (const [attribute, value] of Object.entries(values))
    buffer.record({ service: MACHINE_SERVICE, attribute, kind: "set", atSec, value });
}

/** Sums since the start of the agent. */
export interface LogLosses {
  readonly droppedRecords: number;
  readonly thinnedHops: number;
}

/** Reports what the agent's log intake lost or left out since the last call, if anything. */
export function createLossRecorder(buffer: PointBuffer, losses: LogLosses): (atMs: number) => void {
  let told: LogLosses = { droppedRecords: 0, thinnedHops: 0 };
  return (atMs) => {
    const { droppedRecords, thinnedHops } = losses;
    const values = {
      "sys.log_records_dropped": droppedRecords - told.droppedRecords,
      "sys.hop_records_thinned": thinnedHops - told.thinnedHops,
    };
    told = { droppedRecords, thinnedHops };
    const atSec = Math.floor(atMs / 1_000);
    for (const [attribute, value] of Object.entries(values))
      if (value > 0) buffer.record({ service: MACHINE_SERVICE, attribute, kind: "add", atSec, value });
  };
}
