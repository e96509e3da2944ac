import type { NameRefusal } from "@msec/api-schema";
import { Alert } from "antd";
import { useState } from "react";
import { Link } from "react-router";
import { useMay } from "../api/session.js";
import { useApi } from "../api/use-api.js";
import { usePhrase } from "../i18n/use-phrase.js";
import { useText } from "../i18n/use-text.js";
import { MayButton } from "../ui/may-button.js";
import { HeldDecision } from "./held-decision.js";
import { HeldList } from "./held-list.js";
import { type Decision, namesInShort, refusalGroups } from "./held-words.js";

/** On every page while changes of names are held back, or machines refuse the list. */
export function HeldBanner() {
  const t = useText();
  const mayAudit = useMay("audit:read");
  const { data } = useApi("naming.held", undefined, { refreshMs: 5_000 });
  const [decision, setDecision] = useState<Decision | undefined>();
  const { held, refusals } = data ?? { held: [], refusals: [] };
  if (held.length + refusals.length === 0 && decision === undefined) return null;
  const onClosed = () => {
    setDecision(undefined);
    // What was pressed is gone with its line: go on with what is on top of the content, not with the frame.
    if (document.activeElement === document.body) document.getElementById("content")?.focus();
  };
  return (
    <section className="held-banner" aria-label={t("held.list")}>
      {held.length > 0 && (
        <Alert
          type="warning"
          showIcon
          role="group"
          title={<strong role="status">{t("held.title", { n: held.length })}</strong>}
          description={
            <>
              <p>
                {t("held.text")} {mayAudit && <Link to="/admin/audit">{t("held.audit")}</Link>}
              </p>
              <HeldList held={held} onDecide={setDecision} />
            </>
          }
        />
      )}
      {refusals.length > 0 && <Refusals refusals={refusals} onDecide={setDecision} />}
      {decision && <HeldDecision decision={decision} onClosed={onClosed} />}
    </section>
  );
}

interface RefusalsProps {
  readonly refusals: readonly NameRefusal[];
  readonly onDecide: (decision: Decision) => void;
}

function Refusals({ refusals, onDecide }: RefusalsProps) {
  const t = useText();
  const phrase = usePhrase();
  const n = refusals.length;
  const machines = refusals.map(({ machineName }) => machineName);
  return (
    <Alert
      type="warning"
      showIcon
      role="group"
      title={<strong role="status">{t("held.refused", { n })}</strong>}
      description={
        <>
          <p>{t("held.refusedText")}</p>
          <ul className="held-list" aria-label={t("held.refusals")}>
            {refusalGroups(refusals).map((group) => (
              <li key={group.why}>
                <span>{namesInShort(group.machines, t)}</span>
                <span className="held-why">{phrase(group.why)}</span>
              </li>
            ))}
          </ul>
          <div className="held-actions">
            <MayButton permission="capacity:write" danger onClick={() => onDecide({ kind: "take", machines })}>
              {t("held.takeN", { n })}
            </MayButton>
          </div>
        </>
      }
    />
  );
}
