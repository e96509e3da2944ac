import type { Machine } from "@msec/api-schema";
import { Modal } from "antd";
import { useState } from "react";
import { Link, useSearchParams } from "react-router";
import { useApi } from "../api/use-api.js";
import { formatBytes, formatNumber, formatPercent } from "../format/format.js";
import { useText } from "../i18n/use-text.js";
import { LabelTags, labelText } from "../labels/label-text.js";
import { Copyable } from "../ui/copyable.js";
import { type Column, DataTable } from "../ui/data-table.js";
import { EmptyHint } from "../ui/empty-hint.js";
import { MayButton } from "../ui/may-button.js";
import { Page } from "../ui/page.js";
import { QueryView } from "../ui/query-view.js";
import { Time } from "../ui/time.js";
import { JoinGuide } from "./join-guide.js";
import { MachineStateTag } from "./machine-state.js";

export function MachinesPage() {
  const t = useText();
  const [search, setSearch] = useSearchParams();
  const [adding, setAdding] = useState(search.has("add"));
  const machines = useApi("machines.list", undefined, { refreshMs: 3000 });
  const columns = useColumns();
  const add = (
    <MayButton permission="machine:write" type="primary" onClick={() => setAdding(true)}>
      {t("machines.add")}
    </MayButton>
  );
  return (
    <Page title={t("nav.machines")} documentTitle={t("nav.machines")} actions={add}>
      <QueryView query={machines}>
        {(data) => (
          <DataTable
            name="machines"
            rows={data.machines}
            rowKey={(row) => row.machineId}
            columns={columns}
            empty={<EmptyHint title={t("machines.none")} text={t("machines.noneText")} action={add} />}
          />
        )}
      </QueryView>
      <Modal
        open={adding}
        title={t("machines.add")}
        footer={null}
        width={640}
        destroyOnHidden
        onCancel={() => {
          setAdding(false);
          setSearch({}, { replace: true });
        }}
      >
        <JoinGuide />
      </Modal>
    </Page>
  );
}

function useColumns(): Column<Machine>[] {
  const t = useText();
  return [
    {
      key: "state",
      title: t("instance.state"),
      text: (row) => t(`machineState.${row.state}`),
      render: (row) => <MachineStateTag state={row.state} />,
      filter: true,
    },
    {
      key: "name",
      title: t("common.machine"),
      text: (row) => row.name,
      render: (row) => <Link to={`/machines/${row.machineId}`}>{row.name}</Link>,
      sort: "ascend",
    },
    {
      key: "address",
      title: t("instance.address"),
      text: (row) => row.address,
      render: (row) => <Copyable value={row.address} />,
    },
    {
      key: "labels",
      title: t("labels.title"),
      text: (row) => labelText(row.labels, t("labels.set")),
      render: (row) => <LabelTags labels={row.labels} />,
      filter: true,
    },
    {
      key: "cpu",
      title: t("machine.cpu"),
      text: (row) => row.load?.cpuRatio ?? null,
      render: (row) => <Cpu ratio={row.load?.cpuRatio} />,
      numeric: true,
    },
    {
      key: "load",
      title: t("machine.load"),
      text: (row) => row.load?.loadAverage1m ?? null,
      render: (row) => formatNumber(row.load?.loadAverage1m, 2),
      numeric: true,
    },
    {
      key: "memory",
      title: t("machine.memoryFree"),
      text: (row) => row.load?.memoryFreeBytes ?? null,
      render: (row) => formatBytes(row.load?.memoryFreeBytes),
      numeric: true,
    },
    {
      key: "disk",
      title: t("machine.diskFree"),
      text: (row) => row.load?.diskFreeBytes ?? null,
      render: (row) => formatBytes(row.load?.diskFreeBytes),
      numeric: true,
    },
    { key: "services", title: t("nav.services"), text: (row) => row.services.length, numeric: true },
    {
      key: "spool",
      title: t("machine.spooled"),
      text: (row) => row.spooledLogs,
      render: (row) => <Spool machine={row} />,
      numeric: true,
    },
    { key: "version", title: t("machine.agent"), text: (row) => row.agentVersion, filter: true },
    {
      key: "seen",
      title: t("machine.lastSeen"),
      text: (row) => row.lastSeenAtMs,
      render: (row) => <Time atMs={row.lastSeenAtMs} />,
    },
  ];
}

const HOT_RATIO = 0.8;

function Cpu({ ratio }: { readonly ratio: number | undefined }) {
  return (
    <span className={ratio !== undefined && ratio > HOT_RATIO ? "tone-degraded strong" : ""}>
      {formatPercent(ratio)}
    </span>
  );
}

function Spool({ machine }: { readonly machine: Machine }) {
  const t = useText();
  return (
    <span>
      {formatNumber(machine.spooledLogs)}
      {machine.droppedLogs > 0 && (
        <span className="tone-failing"> · {t("machine.dropped", { n: formatNumber(machine.droppedLogs) })}</span>
      )}
    </span>
  );
}
