/** Values for the holes of a message. */
export type MessageParams = Readonly<Record<string, string | number>>;

/**
 * Fills a message: `{name}` is the value, `{n:instance|instances}` is the first word when the value is 1, else the second.
 * A hole without a value stays empty.
 */
export function formatMessage(template: string, params: MessageParams = {}): string {
  return template.replace(
    /\{(\w+)(?::([^|}]*)\|([^}]*))?\}/g,
    (_, key: string, one: string | undefined, many: string | undefined) => {
      const value = params[key] ?? "";
      if (one === undefined || many === undefined) return String(value);
      return Number(String(value).replace(/,/g, "")) === 1 ? one : many;
    },
  );
}
