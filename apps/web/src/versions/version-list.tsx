import { DeleteOutlined } from "@ant-design/icons";
import type { Version } from "@msec/api-schema";
import { Button } from "antd";
import { useState } from "react";
import { useMay } from "../api/session.js";
import { useAction } from "../api/use-action.js";
import { formatBytes } from "../format/format.js";
import { useText } from "../i18n/use-text.js";
import { useServiceName } from "../services/use-service.js";
import { ConfirmDialog } from "../ui/confirm-dialog.js";
import { Time } from "../ui/time.js";
import type { TextKind } from "./text-kind.js";

interface VersionListProps {
  readonly kind: TextKind;
  readonly versions: readonly Version[];
  readonly tag: string;
  readonly onOpen: (tag: string) => void;
}

/** Versions, newest first; a version that no release uses can go. */
export function VersionList({ kind, versions, tag, onOpen }: VersionListProps) {
  const t = useText();
  const { first, second } = useServiceName();
  const [removing, setRemoving] = useState<string>();
  const remove = useAction(`${kind}.delete`, { quiet: true, onDone: () => setRemoving(undefined) });
  const mayWrite = useMay("service:write");
  return (
    <ul className="version-list" aria-label={t("versions.list")}>
      {versions.map((version) => (
        <li key={version.tag} className={version.tag === tag ? "chosen" : ""}>
          <button
            type="button"
            className="version-open"
            aria-current={version.tag === tag}
            onClick={() => onOpen(version.tag)}
          >
            <strong>{version.tag}</strong>
            {version.usedBy.length > 0 && (
              <span className="used-by">{t("versions.usedBy", { n: version.usedBy.length })}</span>
            )}
            <span className="faint">
              {version.author} · <Time atMs={version.createdAtMs} /> · {formatBytes(version.sizeBytes)}
            </span>
            {version.memo && <span className="wrap-anywhere">{version.memo}</span>}
          </button>
          {mayWrite && version.usedBy.length === 0 && (
            <Button
              size="small"
              type="text"
              icon={<DeleteOutlined />}
              aria-label={t("versions.remove", { tag: version.tag })}
              title={t("versions.remove", { tag: version.tag })}
              onClick={() => setRemoving(version.tag)}
            />
          )}
        </li>
      ))}
      <ConfirmDialog
        open={removing !== undefined}
        title={t("versions.remove", { tag: removing ?? "" })}
        text={t("versions.removeText")}
        okText={t("common.remove")}
        danger
        pending={remove.isPending}
        error={remove.error}
        onOk={() => removing && remove.mutate({ params: { first, second, tag: removing } })}
        onCancel={() => {
          remove.reset();
          setRemoving(undefined);
        }}
      />
    </ul>
  );
}
