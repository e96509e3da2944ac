/** Addresses as the layout keeps them: four octets in network order, read as one little-endian word. 10.1.2.3 is 0x0302010a. */

/** Key of a dotted address; 0 for a text that is none, as in the archived system. */
export function ipKeyOf(host: string): number {
  const parts = host.split(".");
  if (parts.length !== 4) return 0;
  let key = 0;
  for (let n = 3; n >= 0; n -= 1) {
    const text = parts[n] ?? "";
    if (!/^\d{1,3}$/.test(text) || Number(text) > 255) return 0;
    key = (key << 8) | Number(text);
  }
  return key >>> 0;
}

export function hostOfIpKey(key: number): string {
  return `${key & 255}.${(key >>> 8) & 255}.${(key >>> 16) & 255}.${key >>> 24}`;
}
