/** Joins the live tables of this machine and the balancer into what the RPC client asks for: an instance per attempt. */

import { Balancer, type PickExplanation } from "@msec/balancer";
import { formatHostPort, homePaths, isAppError, parseServiceName, randomUnit } from "@msec/core";
import type { CallOutcome, Pick, PickedCall, Picker, RetryTokens } from "@msec/rpc";
import { bootMsOf, bootNowMs, openLiveTable, SharedFileMissing } from "@msec/shm";
import { NoInstance, NoInstanceInSet, ServiceUnknown } from "../errors.js";
import { choiceText } from "./choice-text.js";
import type { PickTable } from "./pick-table.js";
import { RouteBook } from "./route-book.js";

const REOPEN_CHECK_MS = 2_000;
/** A name nobody knows is looked up on disk at most this often. */
const UNKNOWN_FOR_MS = 500;
const MAX_UNKNOWN = 1_000;

/** An instance of a service that is spoken to without the RPC client. */
export interface Route {
  readonly ip: string;
  readonly port: number;
  readonly transport: "tcp" | "udp";
  /** `ip:port`, `[ip]:port` for IPv6: fits into a URL. */
  readonly address: string;
}

/** How a use of a route went. */
export interface RouteResult {
  readonly ip: string;
  readonly port: number;
  readonly outcome: CallOutcome;
  readonly costMs: number;
}

interface Entry {
  readonly service: string;
  readonly table: PickTable;
  readonly balancer: Balancer;
  reopenCheckAtMs: number;
  readonly routes: RouteBook;
  /** By slot: one object serves all picks of an instance, so that a pick allocates nothing. */
  readonly picks: (TablePick | undefined)[];
}

interface Wanted {
  tried: readonly string[];
  /** 0 = none. */
  key: number;
  /** On the clock of the tables. */
  nowMs: number;
}

export interface TablePickerOptions {
  /** No instance could be chosen; counted as `frm.rpc get route failed`. */
  readonly onFailed?: (service: string) => void;
  readonly nowMs?: () => number;
  readonly random?: () => number;
  /** Opens the table of a service. Default: the file under the home. @throws SHM_FILE_MISSING */
  readonly openTable?: (service: string) => PickTable;
}

export class TablePicker implements Picker {
  readonly #home: string;
  readonly #nowMs: () => number;
  /** Times that callers read are on the clock of the tables. */
  readonly #takesTimes: boolean;
  readonly #random: () => number;
  readonly #onFailed: (service: string) => void;
  readonly #openTable: (service: string) => PickTable;
  readonly #entries = new Map<string, Entry>();
  #last: Entry | undefined;
  readonly #unknownUntilMs = new Map<string, number>();
  /** Used again by each pick, so that none is allocated. */
  readonly #wanted: Wanted = { tried: [], key: 0, nowMs: 0.5 };

  constructor(home: string, options: TablePickerOptions = {}) {
    this.#home = home;
    this.#nowMs = options.nowMs ?? bootNowMs;
    this.#takesTimes = options.nowMs === undefined;
    this.#random = options.random ?? randomUnit;
    this.#onFailed = options.onFailed ?? (() => undefined);
    this.#openTable = options.openTable ?? ((service) => openLiveTable(homePaths(home).liveTable(service)));
  }

  /** @throws NAME_SERVICE_UNKNOWN, NAME_INVALID, LB_NO_INSTANCE, SHM_LAYOUT_INVALID */
  pick(service: string, tried: readonly string[], monotonicMs?: number): Pick {
    return this.#pick(service, this.#want(tried, 0, monotonicMs));
  }

  /** The same for a call whose user is known; a coloured one is told why. @throws as `pick` */
  pickFor(call: PickedCall, tried: readonly string[], monotonicMs?: number): Pick {
    const wanted = this.#want(tried, call.userHash | 0, monotonicMs);
    return call.isColored ? this.#explain(call.callee, wanted) : this.#pick(call.callee, wanted);
  }

  /** The budget in the service's table, shared by all processes of the machine; successful calls pay into it. */
  budget(service: string): RetryTokens {
    return new TableBudget(() => this.#entries.get(service)?.table);
  }

  /**
   * An instance for a protocol of the author's own. Tell the outcome with {@link updateRoute}: without it the instance looks busy for
   * a minute. @throws as `pick`
   */
  getRoute(service: string): Route {
    const { entry, slot } = this.#choose(service, []);
    entry.routes.begin(slot, this.#nowMs());
    const { table } = entry;
    const transport = table.transport(slot) === "udp" ? "udp" : "tcp";
    return { ip: table.host(slot), port: table.port(slot), transport, address: table.address(slot) };
  }

  /** Tells how a use of a route went. Unknown addresses are ignored: the instance may be gone. */
  updateRoute(service: string, { ip, port, outcome, costMs }: RouteResult): void {
    const address = formatHostPort({ host: ip, port });
    this.#entry(service).routes.end(address, { outcome, costMs, nowMs: this.#nowMs() });
  }

  /** Gives the process's rows in the tables back. */
  close(): void {
    for (const { table } of this.#entries.values()) table.close();
    this.#entries.clear();
    this.#last = undefined;
  }

  #choose(service: string, tried: readonly string[]): { readonly entry: Entry; readonly slot: number } {
    try {
      const entry = this.#entry(service);
      return { entry, slot: this.#pickSlot(entry, this.#want(tried, 0)) };
    } catch (error) {
      this.#onFailed(service);
      throw error;
    }
  }

  #want(tried: readonly string[], key: number, monotonicMs?: number): Wanted {
    const wanted = this.#wanted;
    wanted.tried = tried;
    wanted.key = key;
    wanted.nowMs = monotonicMs === undefined || !this.#takesTimes ? this.#nowMs() : bootMsOf(monotonicMs);
    return wanted;
  }

  #pick(service: string, wanted: Wanted): TablePick {
    try {
      const entry = this.#entry(service);
      return this.#pickOf(entry, this.#pickSlot(entry, wanted));
    } catch (error) {
      this.#onFailed(service);
      throw error;
    }
  }

  #explain(service: string, wanted: Wanted): Pick {
    try {
      const entry = this.#entry(service);
      const explanation = this.#prepare(entry, wanted.nowMs).explain(wanted.tried, wanted.key, wanted.nowMs);
      if (explanation === undefined) throw noInstance(entry);
      return explainedPick(this.#pickOf(entry, explanation.slot), explanation);
    } catch (error) {
      this.#onFailed(service);
      throw error;
    }
  }

  /** The balancer of a service, with the file and the policy that count now. */
  #prepare(entry: Entry, nowMs: number): Balancer {
    const { table, balancer } = entry;
    if (nowMs >= entry.reopenCheckAtMs) {
      entry.reopenCheckAtMs = nowMs + REOPEN_CHECK_MS;
      table.reopenIfReplaced();
    }
    balancer.usePolicy(table.policyId);
    return balancer;
  }

  #pickSlot(entry: Entry, { tried, key, nowMs }: Wanted): number {
    const slot = this.#prepare(entry, nowMs).pick(tried, key, nowMs);
    if (slot < 0) throw noInstance(entry);
    return slot;
  }

  #pickOf(entry: Entry, slot: number): TablePick {
    const known = entry.picks[slot];
    if (known !== undefined && known.generation === entry.table.generation(slot)) return known;
    const pick = new TablePick(entry, slot, this.#takesTimes);
    entry.picks[slot] = pick;
    return pick;
  }

  #entry(service: string): Entry {
    const last = this.#last;
    if (last !== undefined && last.service === service) return last;
    const entry = this.#entries.get(service) ?? this.#open(service);
    this.#last = entry;
    return entry;
  }

  #open(service: string): Entry {
    parseServiceName(service);
    const path = homePaths(this.#home).liveTable(service);
    const nowMs = this.#nowMs();
    if (nowMs < (this.#unknownUntilMs.get(service) ?? Number.NEGATIVE_INFINITY))
      throw new ServiceUnknown({ service, path });
    try {
      const table = this.#openTable(service);
      const balancer = new Balancer(table, { nowMs: this.#nowMs, random: this.#random });
      const reopenCheckAtMs = nowMs + REOPEN_CHECK_MS;
      const entry: Entry = {
        service,
        table,
        balancer,
        reopenCheckAtMs,
        routes: new RouteBook(table, balancer),
        picks: [],
      };
      this.#unknownUntilMs.delete(service);
      this.#entries.set(service, entry);
      return entry;
    } catch (error) {
      if (!isAppError(error) || error.reason !== SharedFileMissing.reason) throw error;
      if (this.#unknownUntilMs.size >= MAX_UNKNOWN) this.#unknownUntilMs.clear();
      this.#unknownUntilMs.set(service, nowMs + UNKNOWN_FOR_MS);
      throw new ServiceUnknown({ service, path }, { cause: error });
    }
  }
}

function noInstance({ service, table }: Entry): Error {
  const otherSets = table.snapshot?.otherSetsCount ?? 0;
  return otherSets === 0 ? new NoInstance({ service }) : new NoInstanceInSet({ service, otherSets });
}

/** Thousandths of a retry token that a successful call pays in: repeats for a fifth of the calls. */
const DEPOSIT_MILLI = 200;

/** One instance, as long as it keeps its slot. */
class TablePick implements Pick {
  readonly host: string;
  readonly port: number;
  readonly transport: "tcp" | "udp";
  readonly slot: number;
  readonly generation: number;
  outcome: CallOutcome = "success";
  latencyMs = 0.5;
  readonly #table: PickTable;
  readonly #balancer: Balancer;
  readonly #takesTimes: boolean;

  constructor({ table, balancer }: Entry, slot: number, takesTimes: boolean) {
    this.#table = table;
    this.#balancer = balancer;
    this.#takesTimes = takesTimes;
    this.slot = slot;
    this.generation = table.generation(slot);
    this.host = table.host(slot);
    this.port = table.port(slot);
    this.transport = table.transport(slot) === "udp" ? "udp" : "tcp";
  }

  report(outcome: CallOutcome, latencyMs: number, monotonicMs?: number): void {
    this.outcome = outcome;
    this.latencyMs = latencyMs;
    if (outcome === "success") this.#table.addRetryTokens(DEPOSIT_MILLI);
    if (monotonicMs === undefined || !this.#takesTimes) this.#balancer.report(this);
    else this.#balancer.report(this, bootMsOf(monotonicMs));
  }
}

/** A pick of its own for one coloured call. */
function explainedPick(pick: TablePick, explanation: PickExplanation): Pick {
  const { host, port, transport } = pick;
  const choice = choiceText(explanation);
  return { host, port, transport, choice, report: (...told) => pick.report(...told) };
}

class TableBudget implements RetryTokens {
  readonly #table: () => PickTable | undefined;

  constructor(table: () => PickTable | undefined) {
    this.#table = table;
  }

  onCall(): void {
    // successful calls pay in, when they are reported
  }

  take(): boolean {
    return this.#table()?.takeRetryToken() ?? false;
  }

  giveBack(): void {
    this.#table()?.addRetryTokens(1_000);
  }
}

/** A picker over the live tables of a home directory. Works (with NAME_SERVICE_UNKNOWN) where there are none. */
export function tablePicker(home: string, options: TablePickerOptions = {}): TablePicker {
  return new TablePicker(home, options);
}

/** For a process without a home: every name is unknown, direct addresses work. */
export const NO_PICKER: Picker = {
  pick: (service) => {
    throw new ServiceUnknown({ service, path: "no MSEC_HOME given" });
  },
};
