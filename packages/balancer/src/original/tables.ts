/** The two tables of a service in the archived system's layout: callers use one while the other is prepared. */
import {
  NLB_MAX_SERVERS,
  NLB_SERVER_BYTES,
  NLB_SERVERS_HEADER_BYTES,
  NLB_WORD,
  type NlbServer,
  NlbServersView,
  type NlbService,
  nlbPolicyNumber,
  rebuildServerHash,
} from "@msec/protocol";
import { TableFull } from "../errors.js";

/** Memory, or files that other processes map (`openNlbFiles` of `@msec/shm`). */
export interface OriginalTables {
  /** `NlbMetaView` of `@msec/protocol` has this shape. */
  readonly meta: { index: 0 | 1 };
  readonly servers: readonly [NlbServersView, NlbServersView];
}

export function currentTable(tables: OriginalTables): NlbServersView {
  return tables.servers[tables.meta.index];
}

/** Tables in this process's memory, with the first content in both. @param room servers, default 10,000 */
export function createMemoryTables(service: NlbService, room = NLB_MAX_SERVERS): OriginalTables {
  const create = (): NlbServersView => {
    const view = new NlbServersView(new ArrayBuffer(NLB_SERVERS_HEADER_BYTES + room * NLB_SERVER_BYTES));
    fillTable(view, service);
    return view;
  };
  return { meta: { index: 0 }, servers: [create(), create()] };
}

/**
 * Writes the first content of a table: all servers alive with full weight.
 *
 * @throws {TableFull} more servers than there is room for
 */
export function fillTable(view: NlbServersView, service: NlbService): void {
  writeList(view, service);
  const total = cumulate(view, service.servers.length);
  view.setWord(NLB_WORD.weightDeadBase, total);
  view.setWord(NLB_WORD.weightTotal, total);
  rebuildServerHash(view);
}

/** Policy, tuning and servers; all else of the header is 0. Weights are not yet cumulated, the hash is not built. */
export function writeList(view: NlbServersView, { policy, tuning, servers }: NlbService): void {
  checkRoom(view, servers);
  view.words.fill(0, 0, NLB_SERVERS_HEADER_BYTES / 4);
  view.setWord(NLB_WORD.policy, nlbPolicyNumber(policy));
  view.setTuning(tuning);
  view.setWord(NLB_WORD.serverNum, servers.length);
  view.setWord(NLB_WORD.weightStaticTotal, servers.reduce(addWeight, 0));
  for (const [n, server] of servers.entries()) view.setServer(n, server);
}

/** @throws {TableFull} */
export function checkRoom({ room }: NlbServersView, servers: readonly NlbServer[]): void {
  if (servers.length > room) throw new TableFull({ servers: servers.length, room });
}

/** Gives the first `count` servers their ranges of the live weight. @returns all of it */
export function cumulate(view: NlbServersView, count: number): number {
  let sum = 0;
  for (let server = 0; server < count; server += 1) {
    view.setWeightBase(server, sum);
    sum += view.dynamicWeight(server);
  }
  return sum;
}

function addWeight(sum: number, server: NlbServer): number {
  return sum + server.weight;
}
