import type { NlbService } from "@msec/protocol";
import { type OriginalReport, type OriginalRoute, reportServer, routeOf, searchServer } from "./search-route.js";
import { type OriginalCompat, type ShapeOptions, shapeTables } from "./shape.js";
import { createMemoryTables, currentTable, type OriginalTables } from "./tables.js";

export interface OriginalBalancerOptions {
  /** In [0, 1). */
  readonly random: () => number;
  /** Default `fixed`. */
  readonly compat?: OriginalCompat;
  /** Default: in memory, filled from the service. */
  readonly tables?: OriginalTables;
}

/** The archived system's balancing of one service, whole: search, counts and cycle. Time is what the caller says it is. */
export class OriginalBalancer {
  readonly tables: OriginalTables;
  readonly #random: () => number;
  readonly #compat: OriginalCompat;

  constructor(service: NlbService, opts: OriginalBalancerOptions) {
    this.tables = opts.tables ?? createMemoryTables(service);
    this.#random = opts.random;
    this.#compat = opts.compat ?? "fixed";
  }

  /** An instance to call; `undefined` when there is none. */
  search(): OriginalRoute | undefined {
    const view = currentTable(this.tables);
    const server = searchServer(view, this.#random);
    return server < 0 ? undefined : routeOf(view, server, this.#random);
  }

  /** Counts how a call went. @returns false for an address that is not listed */
  report(host: string, report: OriginalReport): boolean {
    return reportServer(currentTable(this.tables), host, report);
  }

  /** Computes the weights anew; agents do it every 5 s per service. */
  cycle(nowMs: number, news: Pick<ShapeOptions, "service" | "events"> = {}): boolean {
    return shapeTables(this.tables, { ...news, nowMs, compat: this.#compat });
  }
}
