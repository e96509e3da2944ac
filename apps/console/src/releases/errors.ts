import { defineError } from "@msec/core";

export const ReleaseNotFound = defineError<{ releaseId: string }>(
  "REL_NOT_FOUND",
  "NOT_FOUND",
  (d) => `no release has the id ${d.releaseId}`,
);

export const ReleaseAlreadyRunning = defineError<{ service: string; releaseId: string }>(
  "REL_ALREADY_RUNNING",
  "FAILED_PRECONDITION",
  (d) => `release ${d.releaseId} of ${d.service} is under way; wait for its end`,
);

export const ReleaseStatusUnfit = defineError<{ releaseId: string; status: string; action: string }>(
  "REL_STATUS_UNFIT",
  "FAILED_PRECONDITION",
  (d) => `release ${d.releaseId} is ${d.status}; it can't be ${d.action} now`,
);

export const ReleaseTargetUnknown = defineError<{ service: string; address: string }>(
  "REL_TARGET_UNKNOWN",
  "INVALID_ARGUMENT",
  (d) => `${d.address} is no instance of ${d.service}; add it on the Instances page first`,
);

export const ReleaseMachineMissing = defineError<{ address: string }>(
  "REL_MACHINE_MISSING",
  "FAILED_PRECONDITION",
  (d) => `no machine with the address of ${d.address} has joined; add the machine first (Machines page)`,
);

export const ReleaseKindUnfit = defineError<{ service: string }>(
  "REL_SERVICE_EXTERNAL",
  "FAILED_PRECONDITION",
  (d) => `${d.service} is an external service; only standard services are released from here`,
);

export const ReleaseVersionMissing = defineError<{ service: string; kind: string; tag: string }>(
  "REL_VERSION_MISSING",
  "INVALID_ARGUMENT",
  (d) => `${d.service} has no ${d.kind} version ${d.tag}`,
);

export const ReleaseNothingToRollBack = defineError<{ releaseId: string }>(
  "REL_NOTHING_TO_ROLL_BACK",
  "FAILED_PRECONDITION",
  (d) => `no machine runs release ${d.releaseId}, so there is nothing to roll back`,
);

export const ReleaseSuperseded = defineError<{ releaseId: string; address: string; running: string }>(
  "REL_SUPERSEDED",
  "FAILED_PRECONDITION",
  (d) => `${d.address} runs ${d.running} now, so ${d.releaseId} can't be rolled back; roll ${d.running} back first`,
);

/** On a target only: kept with it, not thrown to a caller. */
export const ReleaseNothingBefore = defineError<{ address: string }>(
  "REL_NOTHING_BEFORE",
  "FAILED_PRECONDITION",
  (d) =>
    `nothing ran at ${d.address} before this release, so there is nothing to go back to; stop the instance instead`,
);

/** On a target only. */
export const ReleaseInterrupted = defineError<{ address: string }>(
  "REL_INTERRUPTED",
  "UNAVAILABLE",
  (d) => `the console stopped before the release reached ${d.address}; nothing was switched there. Start again`,
);

/** On a target only. */
export const ReleaseOutcomeUnknown = defineError<{ address: string; text: string }>(
  "REL_OUTCOME_UNKNOWN",
  "UNKNOWN",
  (d) => `${d.address} may run the new release or the one before, see the Instances page: ${d.text}`,
);
