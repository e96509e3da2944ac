/** Opening, checking and making the file of a live table. */
import { isAppError } from "@msec/core";
import { bootMark } from "./boot-clock.js";
import { argumentInvalid, SharedFileMissing, SharedFileTooShort, SharedLayoutInvalid } from "./errors.js";
import {
  HEADER,
  LIVE_HEADER_BYTES,
  LIVE_LAYOUT_VERSION,
  LIVE_MAGIC,
  LIVE_MAX_CAPACITY,
  LIVE_MAX_ROWS,
  LIVE_SLOT_BYTES,
  type LiveShape,
  liveTableBytes,
  ROWS_PER_BLOCK,
} from "./live-layout.js";
import { openSharedFile, replaceSharedFile, type SharedFile } from "./shared-file.js";

/** What a new table starts with, thousandths. */
const RETRY_TOKENS_FIRST_MILLI = 10_000;

/** The file at `path`, or `undefined` when there is none or it is no live table of this version. */
export function tryOpenLiveFile(path: string): { readonly file: SharedFile; readonly shape: LiveShape } | undefined {
  try {
    const file = openSharedFile(path, { sizeBytes: LIVE_HEADER_BYTES });
    return { file, shape: checkLayout(file) };
  } catch (error) {
    const reason = isAppError(error) ? error.reason : "";
    const isOther = reason === SharedLayoutInvalid.reason || reason === SharedFileTooShort.reason;
    if (isOther || reason === SharedFileMissing.reason) return undefined;
    throw error;
  }
}

/** Checks the header against the file. @throws {SharedLayoutInvalid} */
export function checkLayout(file: SharedFile): LiveShape {
  const words = new Int32Array(file.buffer);
  const path = file.path;
  const refuse = (field: keyof typeof HEADER, expected: string): never => {
    throw new SharedLayoutInvalid({ path, field, value: words[HEADER[field]] ?? 0, expected });
  };
  const expect = (field: keyof typeof HEADER, wanted: number) => {
    if (words[HEADER[field]] !== wanted) refuse(field, String(wanted));
  };
  expect("magic", LIVE_MAGIC);
  expect("layoutVersion", LIVE_LAYOUT_VERSION);
  expect("slotBytes", LIVE_SLOT_BYTES);
  const shape = { capacity: words[HEADER.capacity] ?? 0, rows: words[HEADER.processRows] ?? 0 };
  if (shape.rows < ROWS_PER_BLOCK || shape.rows > LIVE_MAX_ROWS || shape.rows % ROWS_PER_BLOCK !== 0)
    refuse("processRows", `a multiple of ${ROWS_PER_BLOCK} up to ${LIVE_MAX_ROWS}`);
  const isInRange = shape.capacity >= 1 && shape.capacity <= LIVE_MAX_CAPACITY;
  if (!isInRange || liveTableBytes(shape) > file.sizeBytes)
    refuse("capacity", `1 to ${LIVE_MAX_CAPACITY}, and room for it in ${file.sizeBytes} B`);
  return shape;
}

/** For the writer: what is no live table of this version is replaced. */
export function openOrRemakeLiveFile(path: string, shape: LiveShape, mode: number): SharedFile {
  const { capacity, rows } = shape;
  if (!inRange(capacity, 1, LIVE_MAX_CAPACITY))
    throw argumentInvalid("capacity", capacity, `1 to ${LIVE_MAX_CAPACITY}`);
  if (!inRange(rows / ROWS_PER_BLOCK, 1, LIVE_MAX_ROWS / ROWS_PER_BLOCK))
    throw argumentInvalid("rows", rows, `a multiple of ${ROWS_PER_BLOCK} up to ${LIVE_MAX_ROWS}`);
  const created = {
    sizeBytes: liveTableBytes(shape),
    mode,
    fill: (buffer: ArrayBuffer) => fillHeader(buffer, shape),
  };
  try {
    const file = openSharedFile(path, { sizeBytes: LIVE_HEADER_BYTES });
    checkLayout(file);
    return file;
  } catch (error) {
    const reason = isAppError(error) ? error.reason : "";
    if (reason === SharedFileMissing.reason) return openSharedFile(path, { ...created, create: true });
    if (reason !== SharedFileTooShort.reason && reason !== SharedLayoutInvalid.reason) throw error;
    return replaceSharedFile(path, created);
  }
}

function fillHeader(buffer: ArrayBuffer, { capacity, rows }: LiveShape): void {
  const words = new Int32Array(buffer);
  words[HEADER.magic] = LIVE_MAGIC;
  words[HEADER.layoutVersion] = LIVE_LAYOUT_VERSION;
  words[HEADER.capacity] = capacity;
  words[HEADER.slotBytes] = LIVE_SLOT_BYTES;
  words[HEADER.processRows] = rows;
  words[HEADER.bootMark] = bootMark();
  words[HEADER.retryTokensMilli] = RETRY_TOKENS_FIRST_MILLI;
}

function inRange(value: number, least: number, most: number): boolean {
  return Number.isInteger(value) && value >= least && value <= most;
}
