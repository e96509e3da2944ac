import type { Release } from "@msec/api-schema";
import type { ReactNode } from "react";
import { Link, useNavigate } from "react-router";
import { formatDuration } from "../format/format.js";
import { useText } from "../i18n/use-text.js";
import { type Column, DataTable } from "../ui/data-table.js";
import { EmptyHint } from "../ui/empty-hint.js";
import { Time } from "../ui/time.js";
import { ReleaseStatusTag } from "./release-status.js";

interface ReleaseTableProps {
  readonly releases: readonly Release[];
  readonly showService: boolean;
  readonly toolbar?: ReactNode;
  readonly action?: ReactNode;
}

export function ReleaseTable({ releases, showService, toolbar, action }: ReleaseTableProps) {
  const t = useText();
  const navigate = useNavigate();
  const all: (Column<Release> | false)[] = [
    {
      key: "id",
      title: t("service.release"),
      text: (row) => row.releaseId,
      render: (row) => <Link to={`/releases/${row.releaseId}`}>{row.releaseId}</Link>,
      sort: "descend",
    },
    showService && {
      key: "service",
      title: t("common.service"),
      text: (row) => row.service,
      render: (row) => <Link to={`/services/${row.service.replace(".", "/")}`}>{row.service}</Link>,
      filter: true,
    },
    {
      key: "status",
      title: t("release.status"),
      text: (row) => t(`release.${row.status}`),
      render: (row) => <ReleaseStatusTag status={row.status} />,
      filter: true,
    },
    { key: "targets", title: t("release.targets"), text: doneText, numeric: true },
    { key: "plugin", title: t("release.plugin"), text: (row) => row.pluginTag },
    { key: "config", title: t("release.config"), text: (row) => row.configTag },
    { key: "memo", title: t("common.memo"), text: (row) => row.memo },
    { key: "author", title: t("common.author"), text: (row) => row.author, filter: true },
    {
      key: "started",
      title: t("release.started"),
      text: (row) => row.startedAtMs,
      render: (row) => <Time atMs={row.startedAtMs} />,
    },
    {
      key: "took",
      title: t("release.took"),
      text: tookMs,
      render: (row) => formatDuration(tookMs(row)),
      numeric: true,
    },
  ];
  return (
    <DataTable
      name="releases"
      rows={releases}
      rowKey={(row) => row.releaseId}
      columns={all.filter((column) => column !== false)}
      onRow={(row) => void navigate(`/releases/${row.releaseId}`)}
      toolbar={toolbar}
      empty={<EmptyHint title={t("releases.none")} text={t("releases.noneText")} action={action} />}
    />
  );
}

function doneText(release: Release): string {
  const done = release.targets.filter((target) => target.status === "succeeded").length;
  return `${done}/${release.targets.length}`;
}

function tookMs(release: Release): number | null {
  return release.startedAtMs === null || release.endedAtMs === null ? null : release.endedAtMs - release.startedAtMs;
}
