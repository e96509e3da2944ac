export { bootMark, bootMsOf, bootNowMs, bootTick } from "./boot-clock.js";
export {
  SharedArgumentInvalid,
  SharedFileMissing,
  SharedFileTooShort,
  SharedLayoutInvalid,
  SharedMapFailed,
  SharedWriterBusy,
} from "./errors.js";
export { LIVE_FIELD, type LiveField, type LiveLocality, type LiveTransport, labelHash } from "./live-layout.js";
export type { LiveSnapshot, Nearness } from "./live-snapshot.js";
export { LiveTable, openLiveTable, RETRY_TOKENS_MAX_MILLI } from "./live-table.js";
export {
  type LiveMember,
  LiveTableWriter,
  type LiveLabels,
  type LiveTableWriterOptions,
  type LiveMembersOptions,
  openLiveTableWriter,
} from "./live-table-writer.js";
export {
  type CreateRingOptions,
  createMonitorRing,
  MonitorRing,
  openMonitorRing,
  type RingReadOptions,
} from "./monitor-ring.js";
export { RING_MAX_RECORD_BYTES, RING_RESERVED_SLOTS, type RingShape } from "./monitor-ring-layout.js";
export { isSameProcess, tryProcessStart } from "./process-mark.js";
export {
  openSharedFile,
  replaceSharedFile,
  type SharedFile,
  type SharedFileOptions,
  tryFileIdentity,
} from "./shared-file.js";
