import { isAppError, type LogFields, type Logger } from "@msec/core";

/** The framework's own log of a service process: one JSON object per line; the agent keeps it as `log/ctrl.log`. */
export function createLineLogger(write: (line: string) => void, fields: LogFields = {}): Logger {
  const at = (level: string) => (msg: string, more?: LogFields) =>
    write(`${lineOf({ level, fields: { ...fields, ...more }, msg })}\n`);
  return {
    debug: () => undefined,
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    child: (more) => createLineLogger(write, { ...fields, ...more }),
  };
}

function lineOf(event: { level: string; msg: string; fields: LogFields }): string {
  const head = { time: new Date().toISOString(), level: event.level, msg: event.msg };
  try {
    return JSON.stringify({ ...head, ...event.fields }, (_key, value: unknown) => plain(value));
  } catch {
    return JSON.stringify(head); // fields with a cycle
  }
}

function plain(value: unknown): unknown {
  if (typeof value === "bigint") return String(value);
  if (!(value instanceof Error)) return value;
  const reason = isAppError(value) ? { reason: value.reason } : {};
  return {
    ...reason,
    message: value.message,
    stack: value.stack,
    ...(value.cause === undefined ? {} : { cause: value.cause }),
  };
}
