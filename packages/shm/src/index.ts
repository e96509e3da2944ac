export { bootMark, bootMsOf, bootNowMs, bootTick } from "./boot-clock.js";
export {
  SharedAccessDenied,
  SharedArgumentInvalid,
  SharedFileMissing,
  SharedFileTooShort,
  SharedLayoutInvalid,
  SharedLockBusy,
  SharedMapFailed,
  SharedWriterBusy,
} from "./errors.js";
export { LIVE_FIELD, type LiveField, type LiveLocality, type LiveTransport, labelHash } from "./live-layout.js";
export type { LiveSnapshot, Nearness } from "./live-snapshot.js";
export { LiveTable, openLiveTable, RETRY_TOKENS_MAX_MILLI } from "./live-table.js";
export {
  type LiveLabels,
  type LiveMember,
  type LiveMembersOptions,
  LiveTableWriter,
  type LiveTableWriterOptions,
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
export { groupIdOf } from "./nlb-access.js";
export {
  type CreateNlbFilesOptions,
  createNlbFiles,
  listNlbServices,
  NlbFiles,
  nlbServiceDirectory,
  openNlbFiles,
  openNlbFilesToGroup,
  tryLockNlbDirectory,
} from "./nlb-files.js";
export { type FileLock, tryLockFile } from "./nlb-lock.js";
export { isSameProcess, tryProcessStart } from "./process-mark.js";
export {
  openSharedFile,
  replaceSharedFile,
  type SharedFile,
  type SharedFileOptions,
  tryFileIdentity,
} from "./shared-file.js";
