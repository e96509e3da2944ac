import type { HeldName } from "@msec/api-schema";
import { Button } from "antd";
import { useState } from "react";
import { Link } from "react-router";
import { usePhrase } from "../i18n/use-phrase.js";
import { useText } from "../i18n/use-text.js";
import { MayButton } from "../ui/may-button.js";
import { Time } from "../ui/time.js";
import { type Decision, decisionOn, shownOf } from "./held-words.js";

interface HeldListProps {
  readonly held: readonly HeldName[];
  readonly onDecide: (decision: Decision) => void;
}

/** The changes, a few of them at first, with what can be done about each and about all. */
export function HeldList({ held, onDecide }: HeldListProps) {
  const t = useText();
  const [isAll, setAll] = useState(false);
  const shown = shownOf(held, isAll);
  const n = held.length;
  return (
    <>
      <ul className="held-list" aria-label={t("held.list")}>
        {shown.map((each) => (
          <HeldRow key={each.service} held={each} isOnly={n === 1} onDecide={onDecide} />
        ))}
      </ul>
      {n > 1 && (
        <div className="held-actions">
          <MayButton permission="capacity:write" type="primary" onClick={() => onDecide(decisionOn("keep", held))}>
            {t("held.keepAll", { n })}
          </MayButton>
          <MayButton permission="capacity:write" danger onClick={() => onDecide(decisionOn("let", held))}>
            {t("held.letAll", { n })}
          </MayButton>
          {(isAll || shown.length < n) && (
            <Button type="link" aria-expanded={isAll} onClick={() => setAll(!isAll)}>
              {t(isAll ? "held.showFew" : "held.showAll", { n })}
            </Button>
          )}
        </div>
      )}
    </>
  );
}

interface HeldRowProps {
  readonly held: HeldName;
  readonly isOnly: boolean;
  readonly onDecide: (decision: Decision) => void;
}

function HeldRow({ held, isOnly, onDecide }: HeldRowProps) {
  const t = useText();
  const phrase = usePhrase();
  const { service, published, wanted } = held;
  return (
    <li>
      <Link to={`/services/${service.replace(".", "/")}`}>{service}</Link>
      <span>{t("held.step", { published, wanted })}</span>
      <span className="held-why">
        {held.isRemoval ? t("held.removal") : phrase(held.why)} · <Time atMs={held.sinceMs} />
      </span>
      <span className="held-buttons">
        <MayButton
          permission="capacity:write"
          size="small"
          type={isOnly ? "primary" : "default"}
          onClick={() => onDecide(decisionOn("keep", [held]))}
        >
          {t("held.keepN", { n: published })}
        </MayButton>
        <MayButton permission="capacity:write" size="small" danger onClick={() => onDecide(decisionOn("let", [held]))}>
          {t("held.letOne")}
        </MayButton>
      </span>
    </li>
  );
}
