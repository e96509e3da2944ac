import type { ReleaseTarget } from "@msec/api-schema";
import type { AppError } from "@msec/core";
import { ReleaseInterrupted, ReleaseOutcomeUnknown } from "./errors.js";
import type { TargetPatch } from "./release-store.js";

/** Whether the machine runs the release, or nobody knows. */
export function mayRunIt({ status, errorReason }: ReleaseTarget): boolean {
  if (status === "failed") return errorReason === ReleaseOutcomeUnknown.reason;
  return status === "succeeded" || status === "rollback_failed";
}

/** What becomes of a target when the console stopped in the middle. */
export function interruptedPatch({ address, status }: ReleaseTarget): TargetPatch | undefined {
  switch (status) {
    case "waiting":
      return { status: "skipped" };
    case "installing":
      return failedPatch("failed", new ReleaseInterrupted({ address }));
    case "starting":
    case "rolling_back": {
      const failed = status === "starting" ? "failed" : "rollback_failed";
      const text = "the console stopped while it was being switched";
      return failedPatch(failed, new ReleaseOutcomeUnknown({ address, text }));
    }
    default:
      return undefined;
  }
}

function failedPatch(status: "failed" | "rollback_failed", { message, reason }: AppError): TargetPatch {
  return { status, error: message, errorReason: reason };
}
