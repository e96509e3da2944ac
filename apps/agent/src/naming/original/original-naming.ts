/**
 * Keeps the naming files of the archived system, so that programs linked with its library go on to work: writes what the
 * console announces, takes what those programs counted and shapes the weights every 5 s, answers their questions.
 *
 * There is one writer per directory and machine, found out by a lock that the archived agent takes too. While that one runs,
 * this waits; when it ends, this takes its files over as they are, mapped by running programs or not.
 */
import type { OriginalCompat } from "@msec/balancer";
import type { Clock, LogFields, Logger, Random } from "@msec/core";
import type { NamingLabels, ServiceEntry } from "@msec/naming";
import type { UdpPort } from "@msec/net";
import type { NlbServersView, NlbService } from "@msec/protocol";
import { type FileLock, listNlbServices, tryLockNlbDirectory } from "@msec/shm";
import { startRouteAnswerer } from "./route-answerer.js";
import { createServiceFiles, restoreServiceFiles, type ServiceFiles } from "./service-files.js";
import { EMPTY_LIST, tableListOf } from "./table-list.js";

const SHAPE_EVERY_MS = 5_000;
const TICK_MS = 100;
const RETRY_MS = 1_000;
/** Work at one go, and pause after it while there is more; the agent has other things to do. */
const SLICE_MS = 20;
const PAUSE_MS = 20;

export interface OriginalNamingOptions {
  readonly directory: string;
  readonly groupId: number | undefined;
  /** UDP port of the questions; 0 = none are answered. */
  readonly port: number;
  readonly compat: OriginalCompat;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

interface Kept {
  /** `undefined` until they could be made. */
  files?: ServiceFiles;
  /** What the console said last; `undefined` for a service that only the files know. */
  list?: NlbService;
  /** `list` is not in the files yet. */
  isChanged: boolean;
  dueAtMs: number;
}

export class OriginalNaming {
  readonly #options: OriginalNamingOptions;
  readonly #services = new Map<string, Kept>();
  readonly #changed = new Set<string>();
  readonly #timer: NodeJS.Timeout;
  #next: NodeJS.Timeout | undefined;
  #lock: FileLock | undefined;
  #answerer: UdpPort | undefined;
  #ownSet = "";
  #isOpening = false;
  #isStopped = false;
  #retryAtMs = 0;
  /** What the log heard last, so that it is not told again every second. */
  #lastTrouble = "";

  constructor(options: OriginalNamingOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
    this.#tick();
  }

  /** False while another agent has the directory. */
  get isWriting(): boolean {
    return this.#lock !== undefined;
  }

  /** Port of the questions; `undefined` while none are answered. */
  get port(): number | undefined {
    return this.#answerer?.address.port;
  }

  setLocal(local: Pick<NamingLabels, "set">): void {
    this.#ownSet = local.set;
  }

  /** Makes the files of a service say what the entry says, soon. */
  write(entry: ServiceEntry): void {
    this.#put(entry.service, tableListOf(entry, this.#ownSet));
  }

  /** Empties the tables of a service, soon, if there are any. Programs have them mapped, so the files stay. */
  empty(service: string): void {
    this.#put(service, EMPTY_LIST);
  }

  stop(): void {
    this.#isStopped = true;
    clearInterval(this.#timer);
    clearTimeout(this.#next);
    this.#answerer?.close();
    this.#lock?.close();
    this.#lock = undefined;
  }

  #put(service: string, list: NlbService): void {
    const kept = this.#services.get(service) ?? { isChanged: true, dueAtMs: this.#firstDue() };
    kept.list = list;
    kept.isChanged = true;
    this.#services.set(service, kept);
    this.#changed.add(service);
  }

  #tick(): void {
    const { clock } = this.#options;
    const nowMs = clock.nowMs();
    if (nowMs >= this.#retryAtMs || this.#retryAtMs > nowMs + RETRY_MS) {
      this.#retryAtMs = nowMs + RETRY_MS;
      if (!this.isWriting) this.#tryTakeOver();
      if (this.isWriting) void this.#tryAnswer();
    }
    if (!this.isWriting) return;
    const untilMs = clock.monotonicMs() + SLICE_MS;
    for (const [service, kept] of this.#due(nowMs)) {
      kept.dueAtMs = nowMs + SHAPE_EVERY_MS;
      this.#cycle(service, kept, nowMs);
      if (clock.monotonicMs() <= untilMs) continue;
      clearTimeout(this.#next);
      this.#next = setTimeout(() => this.#tick(), PAUSE_MS);
      return;
    }
  }

  /** What changed, then what it is time for. */
  *#due(nowMs: number): IterableIterator<readonly [service: string, kept: Kept]> {
    for (const service of this.#changed) {
      const kept = this.#services.get(service);
      this.#changed.delete(service);
      if (kept) yield [service, kept];
    }
    for (const [service, kept] of this.#services) {
      const isDue = kept.dueAtMs <= nowMs || kept.dueAtMs > nowMs + SHAPE_EVERY_MS; // or the clock was set back
      if (isDue) yield [service, kept];
    }
  }

  #tryTakeOver(): void {
    const { directory, groupId, logger } = this.#options;
    try {
      this.#lock = tryLockNlbDirectory(directory, groupId);
      if (this.#lock === undefined) {
        this.#trouble("another agent writes the original naming files, waiting for its end", { directory });
        return;
      }
      for (const service of listNlbServices(directory)) this.#restore(service);
      logger.info("original naming files are written by this agent", { directory, services: this.#services.size });
      this.#lastTrouble = "";
    } catch (error) {
      this.#trouble("original naming files can't be written", { directory, why: String(error) });
    }
  }

  #restore(service: string): void {
    const kept = this.#services.get(service);
    if (kept?.files !== undefined) return;
    try {
      const files = restoreServiceFiles(service, this.#options);
      if (kept) kept.files = files;
      else this.#services.set(service, { files, isChanged: false, dueAtMs: this.#firstDue() });
    } catch (error) {
      this.#options.logger.warn("original naming files not usable", { service, why: String(error) });
    }
  }

  #cycle(service: string, kept: Kept, nowMs: number): void {
    try {
      if (kept.files?.isInPlace() === false) {
        delete kept.files; // deleted by hand: they are made anew
        kept.isChanged = true;
      }
      if (!this.#apply(service, kept, nowMs)) kept.files?.shape(nowMs);
    } catch (error) {
      kept.dueAtMs = nowMs + RETRY_MS; // a program that opens the files just now locks them for a moment
      this.#trouble("original naming files not written", { service, why: String(error) });
    }
  }

  /** @returns false when there was nothing new */
  #apply(service: string, kept: Kept, nowMs: number): boolean {
    const { list, files, isChanged } = kept;
    if (list === undefined || !isChanged) return false;
    let isNew = false;
    if (files !== undefined) {
      isNew = files.apply(list, nowMs);
    } else if (list.servers.length > 0) {
      kept.files = createServiceFiles(service, list, { ...this.#options, nowMs });
      isNew = true;
    }
    kept.isChanged = false;
    return isNew;
  }

  async #tryAnswer(): Promise<void> {
    const { port, random, logger } = this.#options;
    if (port === 0 || this.#answerer !== undefined || this.#isOpening) return;
    this.#isOpening = true;
    try {
      const tableOf = (service: string): NlbServersView | undefined => this.#services.get(service)?.files?.table;
      this.#answerer = await startRouteAnswerer({ port, random, logger, tableOf });
      if (this.#isStopped) this.#answerer.close();
    } catch (error) {
      this.#trouble("route questions can't be answered", { port, why: String(error) });
    } finally {
      this.#isOpening = false;
    }
  }

  /** Spread, so that not all services are shaped in one tick. */
  #firstDue(): number {
    return this.#options.clock.nowMs() + this.#options.random() * SHAPE_EVERY_MS;
  }

  #trouble(message: string, fields: LogFields): void {
    const text = JSON.stringify([message, fields]);
    if (text === this.#lastTrouble) return;
    this.#lastTrouble = text;
    this.#options.logger.warn(message, fields);
  }
}
