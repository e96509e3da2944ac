import type { Release, ReleaseStatus, ReleaseTarget } from "@msec/api-schema";
import { useText } from "../i18n/use-text.js";
import { StateTag, type Tone } from "../ui/state-tag.js";

const RELEASE_TONES: Readonly<Record<ReleaseStatus, Tone>> = {
  ready: "unknown",
  running: "working",
  succeeded: "well",
  failed: "failing",
  rolling_back: "working",
  rolled_back: "degraded",
  rollback_failed: "failing",
};

const TARGET_TONES: Readonly<Record<ReleaseTarget["status"], Tone>> = {
  waiting: "unknown",
  installing: "working",
  starting: "working",
  succeeded: "well",
  failed: "failing",
  skipped: "degraded",
  rolling_back: "working",
  rolled_back: "degraded",
  rollback_failed: "failing",
};

export function ReleaseStatusTag({ status }: { readonly status: ReleaseStatus }) {
  const t = useText();
  return <StateTag tone={RELEASE_TONES[status]} word={t(`release.${status}`)} />;
}

export function TargetStatusTag({ status }: { readonly status: ReleaseTarget["status"] }) {
  const t = useText();
  return <StateTag tone={TARGET_TONES[status]} word={t(`target.${status}`)} />;
}

export function isMoving(release: Release | undefined): boolean {
  return release?.status === "running" || release?.status === "rolling_back";
}

/** Machines that are through with what goes on now: the release, or its way back. */
export function finishedTargets(release: Release): number {
  const done: readonly ReleaseTarget["status"][] =
    release.status === "rolling_back" ? ["rolled_back", "skipped"] : ["succeeded", "failed", "skipped"];
  return release.targets.filter((target) => done.includes(target.status)).length;
}

/** Whether there is something to switch back. */
export function canRollBack(release: Release): boolean {
  return ["succeeded", "failed", "rollback_failed"].includes(release.status);
}
