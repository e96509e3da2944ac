/**
 * Sixty minutes of one series in few bytes. Pure.
 *
 *   | format, 1 B | which minutes have a value, 60 bits in 8 B, little endian | values |
 *
 * Format 1: the values are whole numbers from 0, as unsigned LEB128. Format 2: they are 64-bit floats, little endian.
 */

export const HOUR_MINUTES = 60;
const HEADER_BYTES = 9;
const WHOLE = 1;
const FLOAT = 2;

/** One value per minute; null = nothing was reported. */
export type HourValues = (number | null)[];

export function packHour(values: HourValues): Uint8Array {
  const known = values.slice(0, HOUR_MINUTES).flatMap((value) => (value === null ? [] : [value]));
  const isWhole = known.every((value) => Number.isSafeInteger(value) && value >= 0);
  const body = isWhole ? packWhole(known) : packFloats(known);
  const bytes = new Uint8Array(HEADER_BYTES + body.length);
  bytes[0] = isWhole ? WHOLE : FLOAT;
  values.forEach((value, minute) => {
    if (value !== null && minute < HOUR_MINUTES) setBit(bytes, minute);
  });
  bytes.set(body, HEADER_BYTES);
  return bytes;
}

/** Reads what {@link packHour} wrote; from bytes that are cut off, the values that are there. */
export function unpackHour(bytes: Uint8Array): HourValues {
  const values: HourValues = new Array<number | null>(HOUR_MINUTES).fill(null);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = HEADER_BYTES;
  for (let minute = 0; minute < HOUR_MINUTES; minute += 1) {
    if (!hasBit(bytes, minute)) continue;
    if (bytes[0] === FLOAT) {
      if (at + 8 > bytes.length) break;
      values[minute] = view.getFloat64(at, true);
      at += 8;
      continue;
    }
    let value = 0;
    let factor = 1;
    let byte = 0x80;
    for (; byte >= 0x80 && at < bytes.length; at += 1) {
      byte = bytes[at] ?? 0;
      value += (byte & 0x7f) * factor;
      factor *= 128;
    }
    if (byte >= 0x80) break;
    values[minute] = value;
  }
  return values;
}

function packWhole(values: readonly number[]): Uint8Array {
  const bytes: number[] = [];
  for (let value of values) {
    for (; value >= 128; value = Math.floor(value / 128)) bytes.push((value % 128) + 128);
    bytes.push(value);
  }
  return Uint8Array.from(bytes);
}

function packFloats(values: readonly number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(8 * values.length));
  for (const [index, value] of values.entries()) view.setFloat64(8 * index, value, true);
  return new Uint8Array(view.buffer);
}

function setBit(bytes: Uint8Array, minute: number): void {
  const at = 1 + (minute >> 3);
  bytes[at] = (bytes[at] ?? 0) | (1 << (minute & 7));
}

function hasBit(bytes: Uint8Array, minute: number): boolean {
  return ((bytes[1 + (minute >> 3)] ?? 0) & (1 << (minute & 7))) !== 0;
}
