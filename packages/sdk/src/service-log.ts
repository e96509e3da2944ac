import { type CallContext, currentContext } from "@msec/rpc";
import {
  type LogEmitter,
  type LogFilter,
  type LogLevel,
  type LogRecord,
  processFields,
  requestFields,
} from "@msec/telemetry";

/** Facts of one record, or of all that follow in the request. Sent as text. */
export type LogFieldValue = string | number | bigint | boolean;
export type ServiceLogFields = Readonly<Record<string, LogFieldValue>>;

/** Business log: to the agent, from there to the console. Never blocks, never throws. */
export interface ServiceLog {
  trace(text: string, fields?: ServiceLogFields): void;
  debug(text: string, fields?: ServiceLogFields): void;
  info(text: string, fields?: ServiceLogFields): void;
  error(text: string, fields?: ServiceLogFields): void;
  fatal(text: string, fields?: ServiceLogFields): void;
  /** Adds a field to all later records of this request; a colour rule may match it. Outside of requests: of this process. */
  setField(key: string, value: LogFieldValue): void;
  /** Whether a record of this level would be sent now; to skip costly texts. */
  isWritable(level: LogLevel): boolean;
}

/** Where records go, and which. */
export interface LogSink {
  readonly service: string;
  readonly emitter: LogEmitter;
  filter: LogFilter;
  /** Gets each record that is sent, besides the agent. */
  readonly onRecord: ((record: LogRecord) => void) | undefined;
}

/** The parts of a request that are fields of its records. */
type LoggedContext = CallContext & { readonly clientAddress?: string; readonly serverAddress?: string };

/** Log of one request, or of the process when `context` is undefined. */
export class ContextLog implements ServiceLog {
  readonly #sink: LogSink;
  readonly #context: LoggedContext | undefined;
  #fields: Record<string, string> | undefined;

  constructor(sink: LogSink, context: LoggedContext | undefined) {
    this.#sink = sink;
    this.#context = context;
  }

  trace(text: string, fields?: ServiceLogFields): void {
    this.#write("TRACE", text, fields);
  }

  debug(text: string, fields?: ServiceLogFields): void {
    this.#write("DEBUG", text, fields);
  }

  info(text: string, fields?: ServiceLogFields): void {
    this.#write("INFO", text, fields);
  }

  error(text: string, fields?: ServiceLogFields): void {
    this.#write("ERROR", text, fields);
  }

  fatal(text: string, fields?: ServiceLogFields): void {
    this.#write("FATAL", text, fields);
  }

  setField(key: string, value: LogFieldValue): void {
    this.#fields ??= {};
    this.#fields[key] = String(value);
  }

  isWritable(level: LogLevel): boolean {
    return this.#sink.filter.hasLevel(level) || this.#isColored(this.#headers(undefined), level);
  }

  #write(level: LogLevel, text: string, fields: ServiceLogFields | undefined): void {
    const { emitter, filter, onRecord } = this.#sink;
    const isWanted = filter.hasLevel(level);
    // Nearly all records that are not wanted end here, before their fields are gathered.
    if (!isWanted && filter.rules.length === 1 && !this.#context?.coloring && !this.#fields && !fields) return;
    const headers = this.#headers(fields);
    if (!isWanted && !this.#isColored(headers, level)) return;
    headers.InsTime = String(Date.now());
    headers.Level = level;
    const body = typeof text === "string" ? text : String(text);
    emitter.write(headers, body);
    onRecord?.({ headers, body });
  }

  #isColored(headers: Readonly<Record<string, string>>, level: LogLevel): boolean {
    return this.#sink.filter.isWritable(level, (field) => headers[field]);
  }

  #headers(fields: ServiceLogFields | undefined): Record<string, string> {
    const context = this.#context;
    const headers = context
      ? requestFields({
          ...{ service: context.service, method: context.method, caller: context.caller, requestId: context.requestId },
          coloring: context.coloring,
          clientAddress: context.peer,
          serverAddress: context.serverAddress ?? "",
        })
      : processFields(this.#sink.service);
    if (this.#fields) Object.assign(headers, this.#fields);
    for (const key in fields) headers[key] = String(fields[key]);
    return headers;
  }
}

/** Writes under the request that the calling code belongs to, if there is one; else under the process. */
export class AmbientLog implements ServiceLog {
  readonly #process: ContextLog;

  constructor(sink: LogSink) {
    this.#process = new ContextLog(sink, undefined);
  }

  get #log(): ServiceLog {
    return (currentContext() as { log?: ServiceLog } | undefined)?.log ?? this.#process;
  }

  trace(text: string, fields?: ServiceLogFields): void {
    this.#log.trace(text, fields);
  }

  debug(text: string, fields?: ServiceLogFields): void {
    this.#log.debug(text, fields);
  }

  info(text: string, fields?: ServiceLogFields): void {
    this.#log.info(text, fields);
  }

  error(text: string, fields?: ServiceLogFields): void {
    this.#log.error(text, fields);
  }

  fatal(text: string, fields?: ServiceLogFields): void {
    this.#log.fatal(text, fields);
  }

  setField(key: string, value: LogFieldValue): void {
    this.#log.setField(key, value);
  }

  isWritable(level: LogLevel): boolean {
    return this.#log.isWritable(level);
  }
}
