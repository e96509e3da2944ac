/**
 * Finds services by the live tables first and, where there is none, by the naming files of the archived system: for machines on
 * which its agent still runs, and for services that are not in our console yet.
 */
import { formatHostPort, isAppError, randomUnit } from "@msec/core";
import type { Pick, PickedCall, RetryTokens } from "@msec/rpc";
import { ServiceUnknown } from "../errors.js";
import { type OriginalFiles, type OriginalFilesOptions, tryOpenOriginalFiles } from "./original-files.js";
import { askForFiles } from "./original-question.js";
import { type Route, type RouteResult, TablePicker, type TablePickerOptions } from "./table-picker.js";

/** How long a service without a live table is taken from the files before the table is looked for again. */
const RECHECK_MS = 2_000;
/** A service without files is asked for at most this often. */
const ASK_EVERY_MS = 1_000;
const MAX_SERVICES = 10_000;
const TOKENS_MAX = 10;
const TOKENS_PER_CALL = 0.2;

export interface OriginalPickerOptions extends TablePickerOptions {
  /** The directory, `/var/nlb/naming` on old installations. */
  readonly directory: string;
  /** Port of the agent's questions; 0 = don't ask. Default 2841. */
  readonly askPort?: number;
}

interface Known {
  readonly files: OriginalFiles;
  readonly budget: RetryTokens;
  liveCheckAtMs: number;
}

export class OriginalPicker extends TablePicker {
  readonly #options: OriginalFilesOptions;
  readonly #askPort: number | undefined;
  readonly #onFailed: (service: string) => void;
  readonly #known = new Map<string, Known>();
  readonly #askAtMs = new Map<string, number>();

  constructor(home: string, options: OriginalPickerOptions) {
    super(home, { ...options, onFailed: () => undefined }); // a service that only the files know is no failure
    const { directory, random = randomUnit, nowMs = () => performance.now() } = options;
    this.#options = { directory, random, nowMs };
    this.#askPort = options.askPort;
    this.#onFailed = options.onFailed ?? (() => undefined);
  }

  override pick(service: string, tried: readonly string[], monotonicMs?: number): Pick {
    return this.#either(service, {
      live: () => super.pick(service, tried, monotonicMs),
      original: (files) => files.pick(tried),
    });
  }

  override pickFor(call: PickedCall, tried: readonly string[], monotonicMs?: number): Pick {
    return this.#either(call.callee, {
      live: () => super.pickFor(call, tried, monotonicMs),
      original: (files) => files.pick(tried),
    });
  }

  override getRoute(service: string): Route {
    return this.#either(service, {
      live: () => super.getRoute(service),
      original: (files) => {
        const { host, port, transport } = files.route([]);
        const address = formatHostPort({ host, port });
        return { ip: host, port, transport: transport === "udp" ? "udp" : "tcp", address };
      },
    });
  }

  override updateRoute(service: string, result: RouteResult): void {
    this.#either(service, {
      live: () => super.updateRoute(service, result),
      original: (files) => files.report(result.ip, result.outcome, result.costMs),
    });
  }

  /** Of a service without a live table: this process's own. */
  override budget(service: string): RetryTokens {
    const live = super.budget(service);
    const current = (): RetryTokens => this.#known.get(service)?.budget ?? live;
    return {
      onCall: (nowMs) => current().onCall(nowMs),
      take: () => current().take(),
      giveBack: () => current().giveBack(),
    };
  }

  override close(): void {
    super.close();
    this.#known.clear();
  }

  #either<T>(service: string, ways: { live: () => T; original: (files: OriginalFiles) => T }): T {
    try {
      const known = this.#known.get(service);
      if (known !== undefined && this.#options.nowMs() < known.liveCheckAtMs) return ways.original(known.files);
      try {
        const found = ways.live();
        this.#known.delete(service);
        return found;
      } catch (error) {
        if (!isAppError(error) || error.reason !== ServiceUnknown.reason) throw error;
        const files = this.#tryFiles(service, known);
        if (files === undefined) throw error;
        return ways.original(files);
      }
    } catch (error) {
      this.#onFailed(service);
      throw error;
    }
  }

  #tryFiles(service: string, known: Known | undefined): OriginalFiles | undefined {
    const liveCheckAtMs = this.#options.nowMs() + RECHECK_MS;
    if (known !== undefined) {
      known.liveCheckAtMs = liveCheckAtMs;
      return known.files;
    }
    const files = tryOpenOriginalFiles(service, this.#options);
    if (files === undefined) this.#ask(service);
    else this.#known.set(service, { files, budget: createTokens(), liveCheckAtMs });
    return files;
  }

  #ask(service: string): void {
    const nowMs = this.#options.nowMs();
    if (this.#askPort === 0 || nowMs < (this.#askAtMs.get(service) ?? Number.NEGATIVE_INFINITY)) return;
    if (this.#askAtMs.size >= MAX_SERVICES) this.#askAtMs.clear();
    this.#askAtMs.set(service, nowMs + ASK_EVERY_MS);
    askForFiles(service, this.#askPort);
  }
}

/** Repeats for a fifth of the calls, ten saved. */
function createTokens(): RetryTokens {
  let tokens = TOKENS_MAX;
  return {
    onCall: () => {
      tokens = Math.min(TOKENS_MAX, tokens + TOKENS_PER_CALL);
    },
    take: () => {
      if (tokens < 1) return false;
      tokens -= 1;
      return true;
    },
    giveBack: () => {
      tokens = Math.min(TOKENS_MAX, tokens + 1);
    },
  };
}

/** The picker of a process. @param directory of the archived system's files; "" = they are not looked at */
export function openPicker(home: string, directory: string, options: TablePickerOptions = {}): TablePicker {
  return directory === "" ? new TablePicker(home, options) : new OriginalPicker(home, { ...options, directory });
}
