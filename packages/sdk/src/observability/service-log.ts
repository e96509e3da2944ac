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

/** In place of what has no text. */
const NO_TEXT = "(no text)";

/** Those that every record has. */
const COMMON_FIELDS: ReadonlySet<string> = new Set(Object.keys(processFields("")));

/** Programs without types hand over anything, and some things can't be put into words. */
function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  try {
    return String(value);
  } catch {
    return NO_TEXT;
  }
}

/** Log of one request, or of the process when `context` is undefined. */
export class ContextLog implements ServiceLog {
  readonly #sink: LogSink;
  readonly #context: LoggedContext | undefined;
  #fields: Record<string, string> | undefined;
  #common: Readonly<Record<string, string>> | undefined;

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
    this.#fields[key] = textOf(value);
  }

  isWritable(level: LogLevel): boolean {
    return this.#sink.filter.hasLevel(level) || this.#isColored(undefined);
  }

  #write(level: LogLevel, text: string, fields: ServiceLogFields | undefined): void {
    const { emitter, filter, onRecord } = this.#sink;
    // Nearly all records that are not wanted end here, before anything of them is made.
    if (!filter.hasLevel(level) && !this.#isColored(fields)) return;
    const headers = this.#headers(fields);
    headers.InsTime = String(Date.now());
    headers.Level = level;
    const body = textOf(text);
    emitter.write(headers, body);
    onRecord?.({ headers, body });
  }

  #isColored(fields: ServiceLogFields | undefined): boolean {
    for (const { field, value } of this.#sink.filter.rules) if (this.#fieldOf(field, fields) === value) return true;
    return false;
  }

  /** What the record would say in a field, found without making the record. */
  #fieldOf(field: string, fields: ServiceLogFields | undefined): string | undefined {
    if (fields !== undefined && Object.hasOwn(fields, field)) return textOf(fields[field]);
    const own = this.#fields?.[field];
    if (own !== undefined) return own;
    if (field === "Coloring") return this.#coloring;
    return COMMON_FIELDS.has(field) ? this.#commonFields[field] : undefined;
  }

  #headers(fields: ServiceLogFields | undefined): Record<string, string> {
    const headers: Record<string, string> = { ...this.#commonFields, ...this.#fields };
    if (this.#fields?.Coloring === undefined) headers.Coloring = this.#coloring;
    for (const key in fields) headers[key] = textOf(fields[key]);
    return headers;
  }

  /** May change in the course of a request, unlike the other fields. */
  get #coloring(): string {
    return this.#context?.coloring ? "1" : "0";
  }

  /** Those that all records of the request have; made with the first record that needs them. */
  get #commonFields(): Readonly<Record<string, string>> {
    this.#common ??= this.#createCommonFields();
    return this.#common;
  }

  #createCommonFields(): Readonly<Record<string, string>> {
    const context = this.#context;
    if (context === undefined) return processFields(this.#sink.service);
    return requestFields({
      ...{ service: context.service, method: context.method, caller: context.caller, requestId: context.requestId },
      coloring: context.coloring,
      clientAddress: context.peer,
      serverAddress: context.serverAddress ?? "",
    });
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
