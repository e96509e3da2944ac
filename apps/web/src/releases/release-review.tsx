import type { Instance, Release } from "@msec/api-schema";
import { Button } from "antd";
import { useState } from "react";
import { useApi } from "../api/use-api.js";
import { DiffView } from "../diff/diff-view.js";
import { useText } from "../i18n/use-text.js";
import { useServiceName } from "../services/use-service.js";
import { QueriesView } from "../ui/query-view.js";
import type { ReleaseDraft } from "./release-draft.js";

interface ReleaseReviewProps {
  readonly draft: ReleaseDraft;
  readonly instances: readonly Instance[];
}

/** What will happen, in words, against what runs now. */
export function ReleaseReview({ draft, instances }: ReleaseReviewProps) {
  const t = useText();
  const { service } = useServiceName();
  const running = useApi("releases.list", { query: { service, status: "succeeded", limit: 1 } }).data?.releases[0];
  const chosen = instances.filter((each) => draft.addresses.includes(each.address));
  const inTraffic = chosen.filter((each) => each.status === "enabled").length;
  const away = chosen.filter((each) => each.machineState !== "online");
  return (
    <ul className="review">
      <li>{t("review.order", { n: chosen.length })}</li>
      <li>{change(t("release.plugin"), running?.pluginTag, draft.pluginTag)}</li>
      <li>
        {change(t("release.config"), running?.configTag, draft.configTag)}
        {running && running.configTag !== draft.configTag && <ConfigDiff running={running} draft={draft} />}
      </li>
      {inTraffic > 0 && <li>{t("review.inTraffic", { n: inTraffic })}</li>}
      {chosen.length > inTraffic && <li>{t("review.outOfTraffic", { n: chosen.length - inTraffic })}</li>}
      {away.length > 0 && (
        <li className="tone-failing">{t("review.away", { addresses: away.map((each) => each.address).join(", ") })}</li>
      )}
    </ul>
  );
}

function change(what: string, from: string | undefined, to: string): string {
  return from === undefined || from === to ? `${what}: ${to}` : `${what}: ${from} → ${to}`;
}

function ConfigDiff({ running, draft }: { readonly running: Release; readonly draft: ReleaseDraft }) {
  const t = useText();
  const { first, second } = useServiceName();
  const [open, setOpen] = useState(false);
  const left = useApi("configs.get", { params: { first, second, tag: running.configTag } }, { enabled: open });
  const right = useApi("configs.get", { params: { first, second, tag: draft.configTag } }, { enabled: open });
  return (
    <>
      <Button type="link" size="small" onClick={() => setOpen(!open)}>
        {t("diff.show")}
      </Button>
      {open && (
        <QueriesView queries={{ left, right }}>
          {(data) => (
            <DiffView
              leftTitle={data.left.version.tag}
              rightTitle={data.right.version.tag}
              left={data.left.content}
              right={data.right.content}
            />
          )}
        </QueriesView>
      )}
    </>
  );
}
