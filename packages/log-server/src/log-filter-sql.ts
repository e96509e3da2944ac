/** Conditions of a search, for the table of lines and for that of hops. */
import { type RawBuilder, sql } from "kysely";
import { LOG_LEVELS, type LogLevel } from "./log-record.js";

export interface LogFilter {
  /** Inclusive. */
  readonly fromMs: number;
  /** Exclusive. */
  readonly toMs: number;
  readonly service?: string | undefined;
  readonly requestId?: string | undefined;
  readonly machine?: string | undefined;
  /** This level and those above. */
  readonly level?: LogLevel | undefined;
  /** Part of the body, letters of any case; of hops part of method, caller or reason. */
  readonly text?: string | undefined;
  /** Hop records too. */
  readonly hops?: boolean | undefined;
}

export type TableName = "records" | "hops";

export interface FilterSql {
  /** Answered by an index alone. */
  readonly indexed: RawBuilder<unknown>;
  /** Needs the row; undefined when there is nothing more to check. */
  readonly rest: RawBuilder<unknown> | undefined;
}

/** Hop records are of this level. */
const HOP_LEVEL = LOG_LEVELS.indexOf("INFO");

/** Tables that can have matches. */
export function tablesOf(filter: LogFilter): TableName[] {
  const isHopLevel = filter.level === undefined || LOG_LEVELS.indexOf(filter.level) <= HOP_LEVEL;
  return filter.hops === true && isHopLevel ? ["records", "hops"] : ["records"];
}

export function filterSql(table: TableName, filter: LogFilter): FilterSql {
  const { fromMs, toMs, service, requestId, machine, level, text } = filter;
  const indexed = [sql`at_ms >= ${fromMs} and at_ms < ${toMs}`];
  const rest: RawBuilder<unknown>[] = [];
  if (requestId !== undefined) indexed.push(sql`request_id = ${requestId}`);
  // A request has few records: its index is the better one, then the service is checked on the row.
  if (service !== undefined)
    indexed.push(requestId === undefined ? sql`service = ${service}` : sql`+service = ${service}`);
  if (table === "records" && level !== undefined) indexed.push(sql`level >= ${LOG_LEVELS.indexOf(level)}`);
  if (machine !== undefined) rest.push(sql`machine = ${machine}`);
  if (text !== undefined && text !== "") rest.push(textSql(table, text));
  return { indexed: sql.join(indexed, sql` and `), rest: rest.length === 0 ? undefined : sql.join(rest, sql` and `) };
}

function textSql(table: TableName, text: string): RawBuilder<unknown> {
  const pattern = `%${text.replace(/[\\%_]/g, "\\$&")}%`;
  if (table === "records") return sql`body like ${pattern} escape '\\'`;
  return sql`(method like ${pattern} escape '\\' or caller like ${pattern} escape '\\' or reason like ${pattern} escape '\\')`;
}
