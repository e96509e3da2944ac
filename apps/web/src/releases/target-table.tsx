import type { Release, ReleaseTarget } from "@msec/api-schema";
import { Tag } from "antd";
import { formatClock, formatDuration } from "../format/format.js";
import { useText } from "../i18n/use-text.js";
import { TargetStatusTag } from "./release-status.js";

/** A row per machine with its steps as they happen. */
export function TargetTable({ release }: { readonly release: Release }) {
  return (
    <div className="targets">
      {release.targets.map((target) => (
        <TargetRow key={target.address} target={target} />
      ))}
    </div>
  );
}

function TargetRow({ target }: { readonly target: ReleaseTarget }) {
  const t = useText();
  const moving = ["installing", "starting", "rolling_back"].includes(target.status);
  const failed = target.error !== null;
  const last = target.steps.at(-1);
  const took = target.startedAtMs !== null && target.endedAtMs !== null ? target.endedAtMs - target.startedAtMs : null;
  return (
    <details className="target" open={moving || failed} key={`${target.address} ${moving || failed}`}>
      <summary>
        <TargetStatusTag status={target.status} />
        <strong className="mono">{target.address}</strong>
        <span>{target.machineName}</span>
        <span className="faint ellipsis target-last">{failed ? target.error : last?.text}</span>
        <span className="faint nowrap">
          {[
            took === null ? "" : formatDuration(took),
            target.previousReleaseId ? t("release.before", { releaseId: target.previousReleaseId }) : "",
          ]
            .filter(Boolean)
            .join(" · ")}
        </span>
      </summary>
      {failed && (
        <p className="tone-failing">
          {target.error} {target.errorReason && <Tag className="mono">{target.errorReason}</Tag>}
        </p>
      )}
      <Steps target={target} />
    </details>
  );
}

function Steps({ target }: { readonly target: ReleaseTarget }) {
  const t = useText();
  if (target.steps.length === 0) return <p className="faint">{t("release.noSteps")}</p>;
  return (
    <ol className="steps" aria-live="polite">
      {target.steps.map((step, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: steps are only ever appended
        <li key={`${step.atMs} ${index}`}>
          <time>{formatClock(step.atMs)}</time>
          <span className="mono faint">{step.step}</span>
          <span className="wrap-anywhere">{step.text}</span>
        </li>
      ))}
    </ol>
  );
}
