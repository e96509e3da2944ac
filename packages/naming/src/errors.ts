import { defineError } from "@msec/core";

export const NameRevisionConflict = defineError<{ service: string; expectedRevision: number; foundRevision: number }>(
  "NAME_REVISION_CONFLICT",
  "FAILED_PRECONDITION",
  (d) =>
    `${d.service} is at revision ${d.foundRevision}, not ${d.expectedRevision}: somebody else changed it; read it again`,
);

export const NameEntryInvalid = defineError<{ field: string; value: string; rule: string }>(
  "NAME_ENTRY_INVALID",
  "INVALID_ARGUMENT",
  (d) => `${d.field} ${d.value} is not allowed: ${d.rule}`,
);

export const NameStoreUnavailable = defineError<{ problem: string }>(
  "NAME_STORE_UNAVAILABLE",
  "UNAVAILABLE",
  (d) => `the name store does not answer: ${d.problem}; calls go on with what the machines know`,
);

export const NameTableInvalid = defineError<{ path: string; problem: string }>(
  "NAME_TABLE_INVALID",
  "DATA_LOSS",
  (d) => `naming table ${d.path} cannot be used: ${d.problem}; it is loaded from the console again`,
);

export const NamePushRefused = defineError<{ revision: number; kept: number; problem: string }>(
  "NAME_PUSH_REFUSED",
  "FAILED_PRECONDITION",
  (d) => `naming push of revision ${d.revision} is refused: ${d.problem}; ${d.kept} services are kept`,
);
