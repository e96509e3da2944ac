/** How programs of the archived system choose a server, and count how it went. Policies make no difference here. */
import { findServer, ipKeyOf, NLB_WORD, type NlbServersView, type NlbTransport } from "@msec/protocol";

export interface OriginalRoute {
  readonly host: string;
  readonly port: number;
  readonly transport: NlbTransport;
}

/**
 * Chooses a server of the current table: by weight among the live ones, now and then a dead one, and at random when the one
 * drawn fails too often in this window.
 *
 * @param random in [0, 1)
 * @returns its index, or −1 when the table is empty
 */
export function searchServer(view: NlbServersView, random: () => number): number {
  const { serverCount } = view;
  if (serverCount === 0) return -1;
  const chosen = drawServer(view, random);
  return isFailing(view, chosen) ? below(serverCount, random) : chosen;
}

function drawServer(view: NlbServersView, random: () => number): number {
  const { serverCount, deadCount } = view;
  const live = serverCount - deadCount;
  const weightTotal = view.word(NLB_WORD.weightTotal);
  const liveWeight = view.word(NLB_WORD.weightDeadBase);
  if (live === 0 || liveWeight === 0 || weightTotal === 0) return below(serverCount, random);
  if (deadCount > 0 && below(weightTotal, random) >= liveWeight && view.takeProbe()) {
    return live + below(deadCount, random);
  }
  return serverAt(view, live, below(liveWeight, random));
}

/** Binary search for the server whose range of the live weight holds `value`. */
function serverAt(view: NlbServersView, live: number, value: number): number {
  let low = 0;
  let high = live - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (value < view.weightBase(middle)) high = middle - 1;
    else if (value >= view.weightBase(middle) + view.dynamicWeight(middle)) low = middle + 1;
    else return middle;
  }
  return Math.min(low, live - 1);
}

function isFailing(view: NlbServersView, server: number): boolean {
  const success = view.success(server);
  const requests = success + view.failed(server);
  if (requests < (view.word(NLB_WORD.shaping_request_min) | 0)) return false;
  return success / requests < view.ratio(NLB_WORD.success_ratio_min);
}

function below(limit: number, random: () => number): number {
  return Math.floor(random() * limit);
}

/** Address of a server with one of its ports at random; port 0 when a foreign writer listed none. */
export function routeOf(view: NlbServersView, server: number, random: () => number): OriginalRoute {
  const port = view.port(server, below(view.portCount(server), random));
  return { host: view.host(server), port, transport: view.transport(server) };
}

export interface OriginalReport {
  /** Failures to count; 0 = one success. */
  readonly failed: number;
  /** Of a success, milliseconds. */
  readonly costMs: number;
}

/** Counts a use of a server. @returns false when the address is not in the table */
export function reportServer(view: NlbServersView, host: string, { failed, costMs }: OriginalReport): boolean {
  const server = findServer(view, ipKeyOf(host));
  if (server < 0) return false;
  if (failed !== 0) view.addCounters(server, { failed, success: 0, cost: 0n });
  else view.addCounters(server, { failed: 0, success: 1, cost: BigInt(Math.max(0, Math.round(costMs))) });
  return true;
}
