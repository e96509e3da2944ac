import type { Hop } from "@msec/api-schema";
import { formatDuration, formatLogTime } from "../format/format.js";
import { usePhrase } from "../i18n/use-phrase.js";
import { useText } from "../i18n/use-text.js";
import { type Column, DataTable } from "../ui/data-table.js";
import { StateTag } from "../ui/state-tag.js";

/** Every hop as a line of a table. */
export function HopTable({ hops }: { readonly hops: readonly Hop[] }) {
  const t = useText();
  const phrase = usePhrase();
  const columns: Column<Hop>[] = [
    {
      key: "at",
      title: t("common.time"),
      text: (hop) => hop.startedAtMs,
      render: (hop) => <span className="nowrap">{formatLogTime(hop.startedAtMs)}</span>,
      sort: "ascend",
    },
    { key: "from", title: t("request.from"), text: (hop) => hop.caller },
    { key: "to", title: t("request.to"), text: (hop) => hop.service },
    { key: "method", title: t("request.method"), text: (hop) => hop.method },
    {
      key: "address",
      title: t("instance.address"),
      text: (hop) => hop.address,
      render: (hop) => <span className="mono">{hop.address}</span>,
    },
    { key: "attempt", title: t("request.attempts"), text: (hop) => hop.attempt + 1, numeric: true },
    {
      key: "cost",
      title: t("request.cost"),
      text: (hop) => hop.costMs,
      render: (hop) => formatDuration(hop.costMs),
      numeric: true,
    },
    {
      key: "result",
      title: t("request.result"),
      text: (hop) => (hop.err === 0 ? 0 : hop.err),
      render: (hop) => (
        <StateTag
          tone={hop.err === 0 ? "well" : "failing"}
          word={hop.err === 0 ? t("request.ok") : `${hop.err} ${hop.reason}`}
        />
      ),
    },
    ...(hops.some((hop) => hop.choice !== "")
      ? [{ key: "choice", title: t("request.choice"), text: (hop: Hop) => phrase(hop.choice) }]
      : []),
    { key: "seen", title: t("request.seenBy"), text: (hop) => t(`request.seen.${hop.seenBy}`) },
  ];
  return (
    <DataTable
      name="hops"
      rows={hops}
      rowKey={(hop) => `${hop.spanId} ${hop.attempt} ${hop.seenBy} ${hop.address}`}
      columns={columns}
      plain={hops.length < 20}
      empty="–"
    />
  );
}
