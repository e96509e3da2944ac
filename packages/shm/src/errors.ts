import { defineError } from "@msec/core";

export const SharedFileMissing = defineError<{ path: string }>(
  "SHM_FILE_MISSING",
  "NOT_FOUND",
  (d) => `shared file ${d.path} does not exist; is the agent of this machine running?`,
);

export const SharedFileTooShort = defineError<{ path: string; sizeBytes: number; neededBytes: number }>(
  "SHM_FILE_TOO_SHORT",
  "FAILED_PRECONDITION",
  (d) => `shared file ${d.path} has ${d.sizeBytes} B but ${d.neededBytes} B are needed; it is not mapped`,
);

export const SharedMapFailed = defineError<{ path: string; operation: string; errno: number }>(
  "SHM_MAP_FAILED",
  "UNAVAILABLE",
  (d) => `${d.operation} of ${d.path} failed with errno ${d.errno}`,
);

export const SharedLayoutInvalid = defineError<{ path: string; field: string; value: number; expected: string }>(
  "SHM_LAYOUT_INVALID",
  "FAILED_PRECONDITION",
  (d) => `${d.path}: ${d.field} is ${d.value}, expected ${d.expected}`,
);

export const SharedArgumentInvalid = defineError<{ field: string; value: string; rule: string }>(
  "SHM_ARGUMENT_INVALID",
  "INVALID_ARGUMENT",
  (d) => `${d.field} ${d.value} is not allowed: ${d.rule}`,
);

export const SharedWriterBusy = defineError<{ path: string; pid: number }>(
  "SHM_WRITER_BUSY",
  "FAILED_PRECONDITION",
  (d) => `${d.path} is already written by process ${d.pid}; one table has one writer`,
);

export function argumentInvalid(field: string, value: string | number, rule: string): Error {
  return new SharedArgumentInvalid({ field, value: String(value), rule });
}

/** Somebody else holds the lock of the file; nothing waits for it. */
export const SharedLockBusy = defineError<{ path: string }>(
  "SHM_LOCK_BUSY",
  "UNAVAILABLE",
  (d) => `${d.path} is locked by another process`,
);

export const SharedAccessDenied = defineError<{ path: string }>(
  "SHM_ACCESS_DENIED",
  "PERMISSION_DENIED",
  (d) => `this user may not read and write ${d.path}; is it in the group that the files belong to?`,
);
