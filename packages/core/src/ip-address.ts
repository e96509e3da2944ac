/**
 * IP addresses as text and as 16 bytes (IPv4 as `::ffff:a.b.c.d`). One address has one canonical text: IPv4 dotted, IPv6 in lower
 * case with the longest run of zero groups left out (RFC 5952). Zones (`%eth0`) are refused: they mean nothing on another machine.
 */
const ipv4 = /^(25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(\.(25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)){3}$/;
const group = /^[0-9A-Fa-f]{1,4}$/;

export function isIpv4(text: string): boolean {
  return ipv4.test(text);
}

/** IPv4 or IPv6. */
export function isIp(text: string): boolean {
  return canonicalIp(text) !== undefined;
}

/** The one text of an IPv4 or IPv6 address, or `undefined` when it is none. IPv4 in IPv6 becomes IPv4. */
export function canonicalIp(text: string): string | undefined {
  if (ipv4.test(text)) return text;
  const groups = groupsOf(text);
  return groups && formatGroups(groups);
}

/** The 16 bytes of an address (IPv4 as `::ffff:a.b.c.d`), or `undefined` when it is none. */
export function parseIp(text: string): Uint8Array | undefined {
  const groups = groupsOf(ipv4.test(text) ? `::ffff:${text}` : text);
  if (!groups) return undefined;
  const bytes = new Uint8Array(16);
  groups.forEach((value, index) => {
    bytes[2 * index] = value >>> 8;
    bytes[2 * index + 1] = value & 255;
  });
  return bytes;
}

/** Canonical text of 16 bytes. */
export function formatIp(bytes: Uint8Array): string {
  const groups: number[] = [];
  for (let at = 0; at < 16; at += 2) groups.push(((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0));
  return formatGroups(groups);
}

function groupsOf(text: string): number[] | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const [head = "", tail] = halves;
  const left = readGroups(head, tail === undefined);
  const right = readGroups(tail ?? "", true);
  if (!left || !right) return undefined;
  const missing = 8 - left.length - right.length;
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined;
  return [...left, ...new Array<number>(Math.max(0, missing)).fill(0), ...right];
}

/** `endsHere`: the last group may be a dotted IPv4 address. */
function readGroups(text: string, endsHere: boolean): number[] | undefined {
  if (text === "") return [];
  const parts = text.split(":");
  const groups: number[] = [];
  for (const [index, part] of parts.entries()) {
    if (endsHere && index === parts.length - 1 && ipv4.test(part)) {
      const [a = 0, b = 0, c = 0, d = 0] = part.split(".").map(Number);
      groups.push((a << 8) | b, (c << 8) | d);
    } else if (group.test(part)) groups.push(Number.parseInt(part, 16));
    else return undefined;
  }
  return groups;
}

function formatGroups(groups: readonly number[]): string {
  if (groups.slice(0, 5).every((value) => value === 0) && groups[5] === 0xffff) {
    const [high = 0, low = 0] = groups.slice(6);
    return `${high >>> 8}.${high & 255}.${low >>> 8}.${low & 255}`;
  }
  const [start, length] = longestZeros(groups);
  const hex = groups.map((value) => value.toString(16));
  if (length < 2) return hex.join(":");
  return `${hex.slice(0, start).join(":")}::${hex.slice(start + length).join(":")}`;
}

function longestZeros(groups: readonly number[]): readonly [start: number, length: number] {
  let best: readonly [number, number] = [0, 0];
  let start = 0;
  for (let at = 0; at <= groups.length; at += 1) {
    if (groups[at] === 0) continue;
    if (at - start > best[1]) best = [start, at - start];
    start = at + 1;
  }
  return best;
}
