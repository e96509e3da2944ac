/** A service in the naming files of the archived system, as a caller uses it: choose, count, follow exchanged files. */
import { currentTable, type OriginalRoute, reportServer, routeOf, searchServer } from "@msec/balancer";
import { isAppError, type Random } from "@msec/core";
import type { CallOutcome, Pick } from "@msec/rpc";
import { type NlbFiles, openNlbFiles, SharedFileMissing, SharedLockBusy } from "@msec/shm";
import { NoInstance } from "../errors.js";

/** Draws to find a server that was not tried; then any will do. */
const MAX_DRAWS = 8;
const REPLACED_CHECK_MS = 2_000;

/** Outcomes that say nothing against the machine. A busy one is alive: it is neither praised nor blamed. */
const NOT_COUNTED: ReadonlySet<CallOutcome> = new Set<CallOutcome>(["cancelled", "busy"]);

export interface OriginalFilesOptions {
  readonly directory: string;
  readonly random: Random;
  /** Only differences mean something. */
  readonly nowMs: () => number;
}

export class OriginalFiles {
  readonly service: string;
  readonly #options: OriginalFilesOptions;
  #files: NlbFiles;
  #checkAtMs: number;

  /** Use {@link tryOpenOriginalFiles}. */
  constructor(service: string, files: NlbFiles, options: OriginalFilesOptions) {
    this.service = service;
    this.#files = files;
    this.#options = options;
    this.#checkAtMs = options.nowMs() + REPLACED_CHECK_MS;
  }

  /** @throws LB_NO_INSTANCE */
  pick(tried: readonly string[]): Pick {
    const route = this.route(tried);
    return {
      host: route.host,
      port: route.port,
      transport: route.transport === "udp" ? "udp" : "tcp",
      choice: "by weight from the naming files of the archived system",
      report: (outcome, latencyMs) => this.report(route.host, outcome, latencyMs),
    };
  }

  /** @param tried `ip:port` to avoid while others are left. @throws LB_NO_INSTANCE */
  route(tried: readonly string[]): OriginalRoute {
    this.#follow();
    const { random } = this.#options;
    let route: OriginalRoute | undefined;
    for (let n = 0; n < MAX_DRAWS; n += 1) {
      const view = currentTable(this.#files);
      const server = searchServer(view, random);
      if (server < 0) break;
      const drawn = routeOf(view, server, random);
      if (drawn.port === 0) continue; // a row without ports
      route = drawn;
      if (!tried.includes(`${route.host}:${route.port}`)) return route;
    }
    if (route === undefined) throw new NoInstance({ service: this.service });
    return route;
  }

  report(host: string, outcome: CallOutcome, costMs: number): void {
    if (NOT_COUNTED.has(outcome)) return;
    reportServer(currentTable(this.#files), host, { failed: outcome === "success" ? 0 : 1, costMs });
  }

  /** Somebody deleted the files and made new ones. */
  #follow(): void {
    const nowMs = this.#options.nowMs();
    if (nowMs < this.#checkAtMs) return;
    this.#checkAtMs = nowMs + REPLACED_CHECK_MS;
    if (this.#files.isReplaced()) this.#files = tryOpen(this.service, this.#options.directory) ?? this.#files;
  }
}

/**
 * @returns `undefined` when there are no files, or an agent writes them this very moment
 * @throws SHM_ACCESS_DENIED, SHM_LAYOUT_INVALID
 */
export function tryOpenOriginalFiles(service: string, options: OriginalFilesOptions): OriginalFiles | undefined {
  const files = tryOpen(service, options.directory);
  return files && new OriginalFiles(service, files, options);
}

function tryOpen(service: string, directory: string): NlbFiles | undefined {
  try {
    return openNlbFiles(directory, service);
  } catch (error) {
    const { reason } = isAppError(error) ? error : { reason: "" };
    if (reason === SharedFileMissing.reason || reason === SharedLockBusy.reason) return undefined;
    throw error;
  }
}
