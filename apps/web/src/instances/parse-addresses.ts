import { isIpv4, parseHostPort } from "@msec/core";

/** What people paste: one per line, or parted by commas, semicolons, blanks. Doubles are dropped. */
export function splitAddresses(text: string): string[] {
  return [...new Set(text.split(/[\s,;]+/).filter(Boolean))];
}

/** Those that are not what is asked for: IPv4 addresses, or ip:port of external services. */
export function wrongAddresses(addresses: readonly string[], external: boolean): string[] {
  return addresses.filter((address) => (external ? !isHostPort(address) : !isIpv4(address)));
}

function isHostPort(text: string): boolean {
  try {
    parseHostPort(text);
    return true;
  } catch {
    return false;
  }
}
