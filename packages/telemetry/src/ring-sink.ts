import { type MonitorRing, openMonitorRing, tryFileIdentity } from "@msec/shm";
import type { RecordSink } from "./metric-emitter.js";

const CHECK_EVERY_MS = 5_000;
const RETRY_EVERY_MS = 1_000;

/**
 * Opens the machine's metric ring when there is one, and the new one when an agent made it anew. Give the result to
 * {@link MetricEmitter} as `openSink`.
 */
export function createRingOpener(
  path: string,
  nowMs: () => number = () => performance.now(),
): () => RecordSink | undefined {
  let ring: MonitorRing | undefined;
  let identity: string | undefined;
  let checkAtMs = Number.NEGATIVE_INFINITY;
  return () => {
    const now = nowMs();
    if (now < checkAtMs) return ring;
    const found = tryFileIdentity(path);
    if (found === undefined) {
      // Deleted: what goes into the old mapping is never read.
      ring = undefined;
      identity = undefined;
    } else if (found !== identity) {
      ring = tryOpen(path);
      identity = ring && found;
    }
    checkAtMs = now + (ring ? CHECK_EVERY_MS : RETRY_EVERY_MS);
    return ring;
  };
}

/** One that is just being made is tried again later. */
function tryOpen(path: string): MonitorRing | undefined {
  try {
    return openMonitorRing(path);
  } catch {
    return undefined;
  }
}
