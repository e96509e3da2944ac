import type { Release } from "@msec/api-schema";
import { useState } from "react";
import { Link, useNavigate } from "react-router";
import { useAction } from "../api/use-action.js";
import { type MessageKey, useText } from "../i18n/use-text.js";
import { ConfirmDialog } from "../ui/confirm-dialog.js";
import { MayButton } from "../ui/may-button.js";
import { canRollBack } from "./release-status.js";

type Asked = "start" | "rollback" | "delete";

const TITLES: Readonly<Record<Asked, MessageKey>> = {
  start: "release.startTitle",
  rollback: "release.rollbackTitle",
  delete: "release.deleteTitle",
};
const BUTTONS: Readonly<Record<Asked, MessageKey>> = {
  start: "release.start",
  rollback: "release.rollback",
  delete: "common.remove",
};

/** Start, roll back, remove, release again. */
export function ReleaseActions({ release }: { readonly release: Release }) {
  const t = useText();
  const [asked, setAsked] = useState<Asked>();
  const [first, second] = release.service.split(".");
  return (
    <>
      {release.status === "ready" && (
        <MayButton permission="release:write" type="text" danger onClick={() => setAsked("delete")}>
          {t("common.remove")}
        </MayButton>
      )}
      <Link to={`/services/${first}/${second}/releases/new?from=${release.releaseId}`}>
        <MayButton permission="release:write">{t("release.again")}</MayButton>
      </Link>
      {canRollBack(release) && (
        <MayButton permission="release:write" danger onClick={() => setAsked("rollback")}>
          {t("release.rollback")}
        </MayButton>
      )}
      {release.status === "ready" && (
        <MayButton permission="release:write" type="primary" onClick={() => setAsked("start")}>
          {t("release.start")}
        </MayButton>
      )}
      <AskedDialog release={release} open={asked} onClose={() => setAsked(undefined)} />
    </>
  );
}

interface AskedDialogProps {
  readonly release: Release;
  readonly open: Asked | undefined;
  readonly onClose: () => void;
}

function AskedDialog({ release, open, onClose }: AskedDialogProps) {
  const t = useText();
  const navigate = useNavigate();
  const asked = open ?? "start";
  const start = useAction("releases.start", { quiet: true, onDone: onClose });
  const rollback = useAction("releases.rollback", { quiet: true, onDone: onClose });
  const remove = useAction("releases.delete", { quiet: true, onDone: () => void navigate("/releases") });
  const actions = { start, rollback, delete: remove };
  const params = { releaseId: release.releaseId };
  const go = {
    start: () => start.mutate({ params, body: {} }),
    rollback: () => rollback.mutate({ params, body: {} }),
    delete: () => remove.mutate({ params }),
  };
  const lines = release.targets.map((target) =>
    t("release.rollbackLine", { address: target.address, releaseId: target.previousReleaseId ?? t("release.nothing") }),
  );
  const texts = {
    start: t("release.startText", { n: release.targets.length, plugin: release.pluginTag, config: release.configTag }),
    rollback: [t("release.rollbackText"), ...lines].join("\n"),
    delete: t("release.deleteText"),
  };
  return (
    <ConfirmDialog
      open={open !== undefined}
      title={t(TITLES[asked], { releaseId: release.releaseId })}
      text={texts[asked]}
      okText={t(BUTTONS[asked])}
      danger={asked !== "start"}
      pending={actions[asked].isPending}
      error={actions[asked].error}
      onOk={go[asked]}
      onCancel={() => {
        for (const action of [start, rollback, remove]) action.reset();
        onClose();
      }}
    />
  );
}
