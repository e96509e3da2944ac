/** What the instances of a cluster leave behind: log lines, hop records, metrics. Bounded; the oldest go first. */
import type { LogFields, Logger } from "@msec/core";
import { decodeQueueRecord } from "@msec/protocol";
import type { IncomingRequest } from "@msec/rpc";
import type { LogRecord, RecordSink } from "@msec/telemetry";

const MAX_RECORDS = 100_000;

/** Where a record comes from, and when, in ms since the start of the cluster. */
interface Origin {
  readonly service: string;
  readonly instance: number;
  readonly atMs: number;
}

export interface ClusterLog extends Origin {
  /** `service`: written by the author's code. `framework`: what a real service has in `log/ctrl.log`. */
  readonly source: "service" | "framework";
  /** `INFO`, `ERROR`, …; those of the framework `info`, `warn`, `error`. */
  readonly level: string;
  readonly text: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** One attempt of a call made inside a request. */
export interface ClusterCall {
  readonly target: string;
  readonly method: string;
  readonly address: string;
  readonly attempt: number;
  readonly costMs: number;
  /** "" = it went well. */
  readonly reason: string;
}

/** One request that was answered, refused or given up. */
export interface ClusterHop extends Origin {
  readonly method: string;
  readonly caller: string;
  /** The same in all services that a user's request passes. */
  readonly requestId: string;
  readonly attempt: number;
  readonly costMs: number;
  readonly err: number;
  readonly reason: string;
  readonly calls: readonly ClusterCall[];
}

export class ClusterRecords {
  readonly logs: ClusterLog[] = [];
  readonly hops: ClusterHop[] = [];
  readonly #nowMs: () => number;
  readonly #values = new Map<string, Map<string, number>>();

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  addLog(of: Omit<Origin, "atMs">, { headers, body }: LogRecord): void {
    const { Level: level = "", InsTime: _time, ...fields } = headers as Record<string, string>;
    this.#keep(this.logs, { ...of, atMs: this.#nowMs(), source: "service", level, text: body, fields });
  }

  addHop(of: Omit<Origin, "atMs">, request: IncomingRequest): void {
    const { method, caller, requestId, attempt, err, reason } = request;
    const calls = request.calls.map((call) => ({
      ...{ target: call.target, method: call.method, address: call.address, attempt: call.attempt },
      ...{ costMs: call.costMs, reason: call.reason },
    }));
    const costMs = request.costMs;
    this.#keep(this.hops, {
      ...of,
      atMs: this.#nowMs(),
      method,
      caller,
      requestId,
      attempt,
      costMs,
      err,
      reason,
      calls,
    });
  }

  /** The framework's own log of an instance. */
  logger(of: Omit<Origin, "atMs">, more: LogFields = {}): Logger {
    const at = (level: string) => (text: string, fields?: LogFields) => {
      const all = { ...more, ...fields };
      this.#keep(this.logs, { ...of, atMs: this.#nowMs(), source: "framework", level, text, fields: all });
    };
    const child = (fields: LogFields): Logger => this.logger(of, { ...more, ...fields });
    return { debug: () => undefined, info: at("info"), warn: at("warn"), error: at("error"), child };
  }

  /** Takes an instance's metrics instead of the machine's ring. */
  sink(of: Omit<Origin, "atMs">): RecordSink {
    const values = new Map<string, number>();
    this.#values.set(keyOf(of), values);
    return {
      put: (bytes) => {
        const { kind, attribute, value } = decodeQueueRecord(bytes);
        values.set(attribute, kind === "add" ? (values.get(attribute) ?? 0) + value : value);
        return true;
      },
    };
  }

  metricsOf(of: Omit<Origin, "atMs">): ReadonlyMap<string, number> {
    return this.#values.get(keyOf(of)) ?? new Map();
  }

  #keep<T>(list: T[], entry: T): void {
    if (list.length >= MAX_RECORDS) list.shift();
    list.push(entry);
  }
}

function keyOf({ service, instance }: Omit<Origin, "atMs">): string {
  return `${service}/${instance}`;
}
