import type { Version } from "@msec/api-schema";
import { App, Button } from "antd";
import { useState } from "react";
import { Link } from "react-router";
import { useAction } from "../api/use-action.js";
import { useApi } from "../api/use-api.js";
import { formatBytes } from "../format/format.js";
import { useText } from "../i18n/use-text.js";
import { useServiceName } from "../services/use-service.js";
import { ConfirmDialog } from "../ui/confirm-dialog.js";
import { ShortId } from "../ui/copyable.js";
import { type Column, DataTable } from "../ui/data-table.js";
import { EmptyHint } from "../ui/empty-hint.js";
import { MayButton } from "../ui/may-button.js";
import { QueryView } from "../ui/query-view.js";
import { Time } from "../ui/time.js";
import { UploadDialog } from "./upload-dialog.js";

/** Plug-in archives with tag and memo. */
export function PluginsTab() {
  const t = useText();
  const { message } = App.useApp();
  const { first, second } = useServiceName();
  const [uploading, setUploading] = useState(false);
  const [removing, setRemoving] = useState<Version>();
  const plugins = useApi("plugins.list", { params: { first, second } });
  const remove = useAction("plugins.delete", { quiet: true, onDone: () => setRemoving(undefined) });
  const columns = useColumns();
  const upload = (
    <MayButton permission="service:write" size="small" type="primary" onClick={() => setUploading(true)}>
      {t("plugins.upload")}
    </MayButton>
  );
  return (
    <>
      <QueryView query={plugins}>
        {(data) => (
          <DataTable
            name="plugins"
            rows={data.versions}
            rowKey={(row) => row.tag}
            columns={columns}
            toolbar={upload}
            empty={<EmptyHint title={t("plugins.none")} text={t("plugins.noneText")} action={upload} />}
            actions={(row) => (
              <span className="nowrap">
                <Link to={`/services/${first}/${second}/releases/new?plugin=${row.tag}`}>{t("plugins.release")}</Link>
                <Button
                  size="small"
                  type="text"
                  danger
                  disabled={row.usedBy.length > 0}
                  onClick={() => setRemoving(row)}
                >
                  {t("common.remove")}
                </Button>
              </span>
            )}
          />
        )}
      </QueryView>
      <UploadDialog
        open={uploading}
        onClose={(version) => {
          setUploading(false);
          if (version) void message.success(t("plugins.uploaded", { tag: version.tag }));
        }}
      />
      <ConfirmDialog
        open={removing !== undefined}
        title={t("versions.remove", { tag: removing?.tag ?? "" })}
        text={t("versions.removeText")}
        okText={t("common.remove")}
        danger
        pending={remove.isPending}
        error={remove.error}
        onOk={() => removing && remove.mutate({ params: { first, second, tag: removing.tag } })}
        onCancel={() => {
          remove.reset();
          setRemoving(undefined);
        }}
      />
    </>
  );
}

function useColumns(): Column<Version>[] {
  const t = useText();
  return [
    { key: "tag", title: t("versions.tag"), text: (row) => row.tag, render: (row) => <strong>{row.tag}</strong> },
    { key: "memo", title: t("common.memo"), text: (row) => row.memo },
    { key: "author", title: t("common.author"), text: (row) => row.author, filter: true },
    {
      key: "created",
      title: t("common.created"),
      text: (row) => row.createdAtMs,
      render: (row) => <Time atMs={row.createdAtMs} />,
      sort: "descend",
    },
    {
      key: "size",
      title: t("common.size"),
      text: (row) => row.sizeBytes,
      render: (row) => formatBytes(row.sizeBytes),
      numeric: true,
    },
    { key: "sha", title: "SHA-256", text: (row) => row.sha256, render: (row) => <ShortId id={row.sha256} /> },
    {
      key: "used",
      title: t("versions.usedByReleases"),
      text: (row) => row.usedBy.join(" "),
      render: (row) =>
        row.usedBy.slice(-4).map((releaseId) => (
          <Link key={releaseId} to={`/releases/${releaseId}`} className="used-link">
            {releaseId}
          </Link>
        )),
    },
  ];
}
