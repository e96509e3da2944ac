import { Button } from "antd";
import { useEffect, useRef } from "react";
import { useAction } from "../api/use-action.js";
import { useApi } from "../api/use-api.js";
import { useText } from "../i18n/use-text.js";
import { CommandLine } from "../ui/command-line.js";
import { ErrorPanel } from "../ui/error-panel.js";
import { StateTag } from "../ui/state-tag.js";
import { Time } from "../ui/time.js";

/** A command to paste on a machine and a live check that it arrived. */
export function JoinGuide({ onArrived }: { readonly onArrived?: () => void }) {
  const t = useText();
  const create = useAction("joinTokens.create", { quiet: true });
  const { mutate } = create;
  const asked = useRef(false);
  useEffect(() => {
    if (asked.current) return;
    asked.current = true;
    mutate({ body: {} });
  }, [mutate]);
  const token = create.data?.token;
  const tokens = useApi("joinTokens.list", undefined, { refreshMs: 1500, enabled: token !== undefined });
  const machines = useApi("machines.list", undefined, { refreshMs: 1500, enabled: token !== undefined });
  const usedBy = tokens.data?.tokens.find((each) => each.tokenId === token?.tokenId)?.usedBy;
  const machine = machines.data?.machines.find((each) => each.machineId === usedBy || each.name === usedBy);
  const arrived = Boolean(usedBy);
  useEffect(() => {
    if (arrived) onArrived?.();
  }, [arrived, onArrived]);
  if (create.error) return <ErrorPanel error={create.error} onRetry={() => mutate({ body: {} })} />;
  if (!create.data || !token) return <p className="faint">{t("join.making")}</p>;
  return (
    <div className="join-guide">
      <p>{t("join.paste")}</p>
      <CommandLine text={create.data.command} />
      <p className="faint">
        {t("join.once")} · {t("join.expires")} <Time atMs={token.expiresAtMs} />
      </p>
      <div className="join-state" aria-live="polite">
        {arrived ? (
          <StateTag
            tone="well"
            word={t("join.arrived", { name: machine?.name ?? String(usedBy), address: machine?.address ?? "" })}
          />
        ) : (
          <StateTag tone="working" word={t("join.waiting")} />
        )}
        {arrived && (
          <Button size="small" onClick={() => mutate({ body: {} })}>
            {t("join.another")}
          </Button>
        )}
      </div>
    </div>
  );
}
