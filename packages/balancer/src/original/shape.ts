/**
 * The archived agent's weight shaping: every few seconds the weights of a service's servers follow from what its callers
 * counted, in a private copy that becomes the new table. Step by step and number by number as described in
 * docs/protocols/nlb.md; ratios are 32-bit floats, products with weights are cut to integers.
 *
 * `compat: "as-shipped"` keeps three defects of the original. `"fixed"`: `shaping_request_min` counts in each cycle; the
 * probes of dead servers follow the traffic; dead servers are behind the live ones before weights are summed up, whatever
 * state they died in. It also gives a server whose configured weight changed its new weight at once if it had its full one,
 * and does not count a machine twice that is listed twice.
 */
import {
  findServer,
  ipKeyOf,
  NLB_MAX_SERVERS,
  NLB_POLICIES,
  NLB_SERVER_BYTES,
  NLB_SERVERS_HEADER_BYTES,
  NLB_VERSION,
  NLB_WORD,
  type NlbCounters,
  NlbServersView,
  type NlbService,
  rebuildServerHash,
} from "@msec/protocol";
import { adjustWeights, resumeServer, type WindowTotals } from "./adjust-weights.js";
import { checkRoom, cumulate, type OriginalTables, writeList } from "./tables.js";

export type OriginalCompat = "as-shipped" | "fixed";

/** News about a machine from heartbeats; heeded by the policy `standard` only. */
export interface NodeEvent {
  readonly kind: "dead" | "resume";
  readonly host: string;
}

export interface ShapeOptions {
  /** Epoch milliseconds; kept as the time of death. */
  readonly nowMs: number;
  readonly compat: OriginalCompat;
  /** A new list that takes the place of the one in the tables. */
  readonly service?: NlbService | undefined;
  readonly events?: readonly NodeEvent[];
}

const NO_COUNTS: NlbCounters = { failed: 0, success: 0, cost: 0n };

/** The private copy, one for all services of the process: a cycle never waits. */
let draftView: NlbServersView | undefined;

function draftTable(): NlbServersView {
  const sizeBytes = NLB_SERVERS_HEADER_BYTES + NLB_MAX_SERVERS * NLB_SERVER_BYTES;
  draftView ??= new NlbServersView(new ArrayBuffer(sizeBytes));
  return draftView;
}

/**
 * One cycle: takes the counters of the current table, computes the other one, makes it the current one and carries over what
 * was counted meanwhile.
 *
 * @returns false when there was nothing to do: no servers and no new list
 * @throws {TableFull} the new list does not fit
 */
export function shapeTables(tables: OriginalTables, opts: ShapeOptions): boolean {
  const { index } = tables.meta;
  const current = tables.servers[index];
  const next = tables.servers[1 - index]!;
  const draft = draftTable();
  if (opts.service === undefined && current.serverCount === 0) return false;
  if (opts.service) {
    checkRoom(next, opts.service.servers);
    writeList(draft, opts.service);
  }
  const take = opts.service ? takeKnown : takeOver;
  const totals = take(current, draft, opts.compat);
  if (opts.events && opts.events.length > 0) applyEvents(draft, totals, opts);
  adjustWeights(draft, totals, opts.nowMs);
  noteLowWeights(draft);
  for (let server = 0; server < draft.serverCount; server += 1) draft.setCounters(server, NO_COUNTS);
  if (opts.compat === "fixed") partitionDead(draft);
  sumUp(draft, opts.compat === "fixed" ? totals : { failed: 0, success: 0 });
  rebuildServerHash(draft);
  next.copyFrom(draft);
  tables.meta.index = (1 - index) as 0 | 1;
  mergeLateCounts(current, next, opts.compat);
  return true;
}

/** Step 1a: no new list. */
function takeOver(current: NlbServersView, draft: NlbServersView, compat: OriginalCompat): WindowTotals {
  draft.copyFrom(current);
  if (draft.word(NLB_WORD.version) !== NLB_VERSION) {
    draft.setTuning({});
    draft.setWord(NLB_WORD.weightStaticTotal, 0);
  }
  const carry = new CounterCarry(compat === "fixed" ? draft.word(NLB_WORD.shaping_request_min) | 0 : 0);
  for (let server = 0; server < draft.serverCount; server += 1) {
    carry.move({ table: current, server }, { table: draft, server });
  }
  return carry.totals;
}

/** Step 1b: the new list is in the draft; servers that are known keep their weight. */
function takeKnown(current: NlbServersView, draft: NlbServersView, compat: OriginalCompat): WindowTotals {
  const carry = new CounterCarry(draft.word(NLB_WORD.shaping_request_min) | 0);
  for (let server = 0; server < draft.serverCount; server += 1) {
    const known = findServer(current, draft.ipKey(server));
    if (known < 0) continue;
    const [from, to] = [
      { table: current, server: known },
      { table: draft, server },
    ];
    draft.setDeadAtMs(server, current.deadAtMs(known));
    draft.setDynamicWeight(server, keptWeight(from, to, compat));
    carry.move(from, to);
  }
  return carry.totals;
}

interface Row {
  readonly table: NlbServersView;
  readonly server: number;
}

function keptWeight(from: Row, to: Row, compat: OriginalCompat): number {
  const weight = from.table.dynamicWeight(from.server);
  if (compat === "as-shipped") return weight;
  const full = to.table.staticWeight(to.server);
  return weight === from.table.staticWeight(from.server) ? full : Math.min(weight, full);
}

/** Moves counters of servers that are dead or have enough requests; the others keep theirs for a later cycle. */
class CounterCarry {
  readonly totals: WindowTotals = { failed: 0, success: 0 };
  readonly #least: number;

  constructor(least: number) {
    this.#least = least;
  }

  move({ table, server }: Row, to: Row): void {
    const isTaken = table.deadAtMs(server) !== 0 || table.failed(server) + table.success(server) >= this.#least;
    const counters = isTaken ? table.swapCounters(server) : NO_COUNTS;
    to.table.setCounters(to.server, counters);
    this.totals.failed += counters.failed;
    this.totals.success += counters.success;
  }
}

/** Step 2. */
function applyEvents(draft: NlbServersView, totals: WindowTotals, { events = [], nowMs }: ShapeOptions): void {
  const policy = draft.word(NLB_WORD.policy);
  if (policy !== 0 && policy !== NLB_POLICIES.standard) return;
  rebuildServerHash(draft);
  for (const { kind, host } of events) {
    const server = findServer(draft, ipKeyOf(host));
    if (server < 0) continue;
    const [failed, success] = [draft.failed(server), draft.success(server)];
    if (kind === "resume") {
      if (draft.deadAtMs(server) === 0) continue;
      resumeServer(draft, server);
    } else if (failed + success === 0 || success / (success + failed) < draft.ratio(NLB_WORD.success_ratio_min)) {
      draft.setDeadAtMs(server, nowMs);
      draft.setDynamicWeight(server, 0);
    }
    totals.failed -= failed;
    totals.success -= success;
    draft.setCounters(server, NO_COUNTS);
  }
}

/** Step 4. */
function noteLowWeights(draft: NlbServersView): void {
  const watermark = draft.ratio(NLB_WORD.weight_low_watermark);
  let low = 0;
  for (let server = 0; server < draft.serverCount; server += 1) {
    if (Math.fround(draft.dynamicWeight(server) / draft.staticWeight(server)) < watermark) low += 1;
  }
  draft.setWord(NLB_WORD.weightLowNum, low);
}

/** Live ones first, in the order they have. */
function partitionDead(draft: NlbServersView): void {
  let live = 0;
  for (let server = 0; server < draft.serverCount; server += 1) {
    if (draft.deadAtMs(server) !== 0) continue;
    draft.swapServers(live, server);
    live += 1;
  }
}

/** Step 6: everything behind the first dead server counts as dead. */
function sumUp(draft: NlbServersView, totals: WindowTotals): void {
  const { serverCount } = draft;
  let live = 0;
  while (live < serverCount && draft.deadAtMs(live) === 0) live += 1;
  const sum = cumulate(draft, live);
  const ratio = draft.ratio(NLB_WORD.dead_retry_ratio);
  let weightTotal = sum;
  let probes = 0;
  if (live < serverCount) {
    weightTotal += Math.max(1, Math.trunc(Math.fround(Math.fround(sum * ratio) + 1)));
    probes = Math.max(1, Math.trunc(Math.fround((totals.success + totals.failed) * ratio)));
  }
  for (const total of [NLB_WORD.costTotal, NLB_WORD.successTotal, NLB_WORD.failTotal]) draft.setTotal(total, 0n);
  draft.setWord(NLB_WORD.deadNum, serverCount - live);
  draft.setWord(NLB_WORD.weightDeadBase, sum);
  draft.setWord(NLB_WORD.weightTotal, weightTotal);
  draft.setWord(NLB_WORD.deadRetryTimes, probes);
}

/** Step 8: what was counted into the old table since its counters were taken, and what was left there. */
function mergeLateCounts(current: NlbServersView, next: NlbServersView, compat: OriginalCompat): void {
  for (let server = 0; server < next.serverCount; server += 1) {
    const key = next.ipKey(server);
    const old = findServer(current, key);
    if (old < 0 || (compat === "fixed" && findServer(next, key) !== server)) continue;
    next.addCounters(server, { failed: current.failed(old), success: current.success(old), cost: current.cost(old) });
  }
}
