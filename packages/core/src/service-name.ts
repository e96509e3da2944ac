import { AddressInvalid, ServiceNameInvalid } from "./errors.js";
import { canonicalIp, isIpv4 } from "./ip-address.js";

/** Longest first- or second-level name, login name or version tag. Spec: console.md §2.3. */
export const MAX_NAME_LENGTH = 16;
/** Pattern of service names, login names and version tags: a letter, then at least one letter, digit or underscore. */
export const NAME_PATTERN = "^[A-Za-z][A-Za-z0-9_]+$";

const namePattern = new RegExp(NAME_PATTERN);
const rule = `a letter, then letters, digits or underscores; 2 to ${MAX_NAME_LENGTH} characters`;

/** Full name of a service: `First.Second`. */
export interface ServiceName {
  readonly first: string;
  readonly second: string;
}

/** Checks one level, a tag or a login name and gives it back. @throws {ServiceNameInvalid} */
export function parseName(value: string, field: string): string {
  if (value.length > MAX_NAME_LENGTH || !namePattern.test(value)) throw new ServiceNameInvalid({ field, value, rule });
  return value;
}

/** Splits `First.Second`. @throws {ServiceNameInvalid} */
export function parseServiceName(full: string, field = "service"): ServiceName {
  const parts = full.split(".");
  if (parts.length !== 2) throw new ServiceNameInvalid({ field, value: full, rule: "two levels, First.Second" });
  return { first: parseName(parts[0] ?? "", field), second: parseName(parts[1] ?? "", field) };
}

export function formatServiceName(name: ServiceName): string {
  return `${name.first}.${name.second}`;
}

/** An instance's identity: IP address and port. */
export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** Reads `ip:port`, IPv6 as `[ip]:port`. @throws {AddressInvalid} */
export function parseHostPort(text: string, field = "address"): HostPort {
  const at = text.lastIndexOf(":");
  const portText = text.slice(at + 1);
  const port = at > 0 && /^\d{1,5}$/.test(portText) ? Number(portText) : 0;
  const host = unbracket(text.slice(0, Math.max(0, at)));
  if (host === undefined || port < 1 || port > 65_535) throw new AddressInvalid({ field, value: text });
  return { host, port };
}

export function formatHostPort({ host, port }: HostPort): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

function unbracket(text: string): string | undefined {
  if (isIpv4(text)) return text;
  const inner = text.startsWith("[") && text.endsWith("]") ? canonicalIp(text.slice(1, -1)) : undefined;
  return inner?.includes(":") ? inner : undefined;
}
