import type { Machine, Order } from "@msec/api-schema";
import { useState } from "react";
import { Link, useNavigate, useParams } from "react-router";
import { useAction } from "../api/use-action.js";
import { useApi } from "../api/use-api.js";
import { formatBytes, formatDuration, formatNumber, formatPercent } from "../format/format.js";
import { useText } from "../i18n/use-text.js";
import { LabelTags } from "../labels/label-text.js";
import { ConfirmDialog } from "../ui/confirm-dialog.js";
import { Copyable, ShortId } from "../ui/copyable.js";
import { type Column, DataTable } from "../ui/data-table.js";
import { EmptyHint } from "../ui/empty-hint.js";
import { Facts } from "../ui/facts.js";
import { MayButton } from "../ui/may-button.js";
import { Page, Section } from "../ui/page.js";
import { QueryView } from "../ui/query-view.js";
import { Time } from "../ui/time.js";
import { LabelsDialog } from "./labels-dialog.js";
import { MachineStateTag } from "./machine-state.js";
import { OrderTable } from "./order-table.js";

export function MachinePage() {
  const t = useText();
  const { machineId = "" } = useParams();
  const query = useApi("machines.get", { params: { machineId } }, { refreshMs: 3000 });
  const orders = useApi("machines.orders", { params: { machineId } }, { refreshMs: 3000 });
  const machine = query.data;
  return (
    <Page
      title={machine?.name ?? machineId}
      documentTitle={machine?.name ?? machineId}
      trail={[{ text: t("nav.machines"), to: "/machines" }, { text: machine?.name ?? machineId }]}
      summary={
        machine && (
          <>
            <MachineStateTag state={machine.state} /> <Copyable value={machine.address} />{" "}
            <span className="faint">
              {t("machine.lastSeen")} <Time atMs={machine.lastSeenAtMs} />
            </span>
          </>
        )
      }
      actions={
        machine && (
          <>
            <ChangeLabels machine={machine} />
            <Forget machine={machine} />
          </>
        )
      }
    >
      <QueryView query={query}>{(data) => <MachineBody machine={data} />}</QueryView>
      <Section title={t("machine.orders")}>
        <QueryView query={orders}>
          {(data: { orders: readonly Order[] }) => <OrderTable orders={data.orders} />}
        </QueryView>
      </Section>
    </Page>
  );
}

function MachineBody({ machine }: { readonly machine: Machine }) {
  const t = useText();
  const { load } = machine;
  return (
    <>
      <Facts
        items={[
          [t("machine.cpu"), formatPercent(load?.cpuRatio)],
          [t("machine.load"), formatNumber(load?.loadAverage1m, 2)],
          [
            t("machine.memory"),
            load
              ? t("machine.freeOf", {
                  free: formatBytes(load.memoryFreeBytes),
                  all: formatBytes(load.memoryTotalBytes),
                })
              : "–",
          ],
          [t("machine.diskFree"), formatBytes(load?.diskFreeBytes)],
          [t("labels.title"), <LabelTags key="labels" labels={machine.labels} />],
          [t("machine.agent"), machine.agentVersion],
          [t("machine.platform"), machine.platform],
          [t("machine.joined"), <Time key="joined" atMs={machine.joinedAtMs} />],
          [t("machine.naming"), formatNumber(machine.namingRevision)],
          [t("machine.clock"), formatDuration(machine.clockOffsetMs)],
          [t("machine.spooled"), formatNumber(machine.spooledLogs)],
          [t("machine.droppedLogs"), formatNumber(machine.droppedLogs)],
          [t("machine.id"), <ShortId key="id" id={machine.machineId} />],
        ]}
      />
      <Section title={t("nav.services")}>
        <ServiceTable services={machine.services} />
      </Section>
    </>
  );
}

type MachineService = Machine["services"][number];

function ServiceTable({ services }: { readonly services: readonly MachineService[] }) {
  const t = useText();
  const columns: Column<MachineService>[] = [
    {
      key: "service",
      title: t("common.service"),
      text: (row) => row.service,
      render: (row) => <Link to={`/services/${row.service.replace(".", "/")}/instances`}>{row.service}</Link>,
    },
    { key: "state", title: t("instance.process"), text: (row) => row.state },
    {
      key: "release",
      title: t("service.release"),
      text: (row) => row.releaseId,
      render: (row) => (row.releaseId ? <Link to={`/releases/${row.releaseId}`}>{row.releaseId}</Link> : "–"),
    },
    { key: "pid", title: t("machine.pid"), text: (row) => row.pid, numeric: true },
    { key: "workers", title: t("machine.workers"), text: (row) => row.workers, numeric: true },
    { key: "restarts", title: t("machine.restarts"), text: (row) => row.restarts, numeric: true },
    { key: "text", title: t("service.why"), text: (row) => row.text },
  ];
  return (
    <DataTable
      name="machine-services"
      rows={services}
      rowKey={(row) => row.service}
      columns={columns}
      plain={services.length < 20}
      empty={<EmptyHint title={t("machine.noServices")} text={t("machine.noServicesText")} />}
    />
  );
}

function ChangeLabels({ machine }: { readonly machine: Machine }) {
  const t = useText();
  const [open, setOpen] = useState(false);
  return (
    <>
      <MayButton permission="capacity:write" onClick={() => setOpen(true)}>
        {t("machine.changeLabels")}
      </MayButton>
      <LabelsDialog machine={machine} open={open} onClose={() => setOpen(false)} />
    </>
  );
}

function Forget({ machine }: { readonly machine: Machine }) {
  const t = useText();
  const navigate = useNavigate();
  const [asked, setAsked] = useState(false);
  const remove = useAction("machines.delete", { quiet: true, onDone: () => void navigate("/machines") });
  return (
    <>
      <MayButton permission="machine:write" danger type="text" onClick={() => setAsked(true)}>
        {t("machine.forget")}
      </MayButton>
      <ConfirmDialog
        open={asked}
        title={t("machine.forgetTitle", { name: machine.name })}
        text={t("machine.forgetText")}
        okText={t("machine.forget")}
        danger
        typeName={machine.name}
        pending={remove.isPending}
        error={remove.error}
        onOk={() => remove.mutate({ params: { machineId: machine.machineId } })}
        onCancel={() => {
          remove.reset();
          setAsked(false);
        }}
      />
    </>
  );
}
