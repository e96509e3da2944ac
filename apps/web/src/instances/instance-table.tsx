import type { Instance } from "@msec/api-schema";
import { Table } from "antd";
import type { ReactNode } from "react";
import { Link } from "react-router";
import { formatDuration, formatNumber, formatPercent } from "../format/format.js";
import { usePhrase } from "../i18n/use-phrase.js";
import { useText } from "../i18n/use-text.js";
import { LabelTags, labelText } from "../labels/label-text.js";
import { Copyable } from "../ui/copyable.js";
import { type Column, DataTable } from "../ui/data-table.js";
import { EmptyHint } from "../ui/empty-hint.js";
import { StateTag } from "../ui/state-tag.js";
import { Time } from "../ui/time.js";
import {
  INSTANCE_TONES,
  instanceReasons,
  instanceState,
  isForeign,
  totalInFlight,
  worstLatencyMs,
} from "./instance-words.js";

interface InstanceTableProps {
  readonly instances: readonly Instance[];
  readonly plain?: boolean;
  readonly actions?: (instance: Instance) => ReactNode;
  readonly selection?: { readonly keys: readonly string[]; readonly onChange: (keys: string[]) => void };
  readonly toolbar?: ReactNode;
  readonly empty?: ReactNode;
}

/** Instances with state and reason; a row opens to how each machine sees it. */
export function InstanceTable(props: InstanceTableProps) {
  const t = useText();
  const all = useColumns();
  const columns =
    props.instances.length > 0 && props.instances.every(isForeign)
      ? all.filter(({ key }) => !OF_OUR_PROCESSES.has(key))
      : all;
  return (
    <DataTable
      name="instances"
      rows={props.instances}
      rowKey={(row) => row.address}
      columns={columns}
      plain={props.plain ?? false}
      toolbar={props.toolbar}
      actions={props.actions}
      {...(props.selection ? { selection: props.selection } : {})}
      expand={(row) => <Views instance={row} />}
      empty={props.empty ?? <EmptyHint title={t("instances.none")} text={t("instances.noneText")} />}
    />
  );
}

/** msec runs no process of a foreign service. */
const OF_OUR_PROCESSES: ReadonlySet<string> = new Set(["process", "release"]);

function useColumns(): Column<Instance>[] {
  const t = useText();
  const phrase = usePhrase();
  return [
    {
      key: "address",
      title: t("instance.address"),
      text: (row) => row.address,
      render: (row) => <Copyable value={row.address} />,
      sort: "ascend",
    },
    {
      key: "state",
      title: t("instance.state"),
      text: (row) => t(`instanceState.${instanceState(row)}`),
      render: (row) => (
        <StateTag tone={INSTANCE_TONES[instanceState(row)]} word={t(`instanceState.${instanceState(row)}`)} />
      ),
      filter: true,
    },
    {
      key: "traffic",
      title: t("instance.traffic"),
      text: (row) => t(row.status === "enabled" ? "instance.in" : "instance.out"),
      filter: true,
    },
    {
      key: "why",
      title: t("service.why"),
      text: (row) => instanceReasons(row).map(phrase).join("; "),
      render: (row) => <Reasons instance={row} />,
    },
    {
      key: "labels",
      title: t("labels.title"),
      text: (row) => labelText(row.labels, t("labels.set")),
      render: (row) => <LabelTags labels={row.labels} inherited={row.labelsFrom === "machine"} />,
    },
    { key: "weight", title: t("instance.weight"), text: (row) => row.weight, numeric: true },
    {
      key: "flight",
      title: t("instance.inFlight"),
      text: totalInFlight,
      render: (row) => formatNumber(totalInFlight(row)),
      numeric: true,
    },
    {
      key: "latency",
      title: t("instance.latency"),
      text: worstLatencyMs,
      render: (row) => formatDuration(worstLatencyMs(row)),
      numeric: true,
    },
    {
      key: "process",
      title: t("instance.process"),
      text: (row) => t(`process.${row.process.state}`),
      render: (row) => <ProcessCell instance={row} />,
    },
    {
      key: "release",
      title: t("service.release"),
      text: (row) => row.process.releaseId,
      render: (row) =>
        row.process.releaseId ? <Link to={`/releases/${row.process.releaseId}`}>{row.process.releaseId}</Link> : "–",
    },
    {
      key: "machine",
      title: t("common.machine"),
      text: (row) => row.machineName,
      render: (row) => <MachineCell instance={row} />,
    },
  ];
}

function Reasons({ instance }: { readonly instance: Instance }) {
  const phrase = usePhrase();
  return (
    <div className="reasons">
      {instanceReasons(instance).map((reason) => (
        <div key={reason}>{phrase(reason)}</div>
      ))}
    </div>
  );
}

function ProcessCell({ instance }: { readonly instance: Instance }) {
  const t = useText();
  const { state, workers, restarts, sinceAtMs, pid } = instance.process;
  return (
    <span className="nowrap" title={pid ? `pid ${pid}` : ""}>
      {t(`process.${state}`)}
      {state === "running" && workers > 0 && <span className="faint"> · {t("instance.workers", { n: workers })}</span>}
      {restarts > 0 && <span className="tone-degraded"> · {t("instance.restarts", { n: restarts })}</span>}
      {sinceAtMs > 0 && (
        <span className="faint">
          {" "}
          · <Time atMs={sinceAtMs} />
        </span>
      )}
    </span>
  );
}

function MachineCell({ instance }: { readonly instance: Instance }) {
  const t = useText();
  if (!instance.machineId) return <span className="faint">{t("machineState.absent")}</span>;
  return (
    <span className="nowrap">
      <Link to={`/machines/${instance.machineId}`}>{instance.machineName || instance.machineId}</Link>
      {instance.machineState === "away" && <span className="tone-failing"> · {t("machineState.away")}</span>}
    </span>
  );
}

/** Fault tolerance is local: each machine may see an instance differently. */
function Views({ instance }: { readonly instance: Instance }) {
  const t = useText();
  const phrase = usePhrase();
  const tones = { well: "well", ejected: "failing", trial: "degraded", unreachable: "failing" } as const;
  if (instance.views.length === 0) return <span className="faint">{t("instance.noViews")}</span>;
  return (
    <Table
      size="small"
      pagination={false}
      rowKey="machine"
      dataSource={instance.views}
      columns={[
        { title: t("instance.seenBy"), dataIndex: "machine" },
        {
          title: t("instance.state"),
          render: (_, view) => <StateTag tone={tones[view.state]} word={t(`instanceState.${view.state}`)} />,
        },
        { title: t("instance.success"), align: "right", render: (_, view) => formatPercent(view.successRatio) },
        { title: t("instance.latency"), align: "right", render: (_, view) => formatDuration(view.latencyMs) },
        { title: t("instance.inFlight"), align: "right", dataIndex: "inFlight" },
        { title: t("service.why"), render: (_, view) => phrase(view.text) },
      ]}
    />
  );
}
