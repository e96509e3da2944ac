import type { Attribute } from "@msec/api-schema";
import { Sparkline } from "../chart/sparkline.js";
import { formatNumber } from "../format/format.js";
import { useText } from "../i18n/use-text.js";
import { type Column, DataTable } from "../ui/data-table.js";
import { Time } from "../ui/time.js";

/** The same attributes as numbers. */
export function AttributeTable({ attributes }: { readonly attributes: readonly Attribute[] }) {
  const t = useText();
  const columns: Column<Attribute>[] = [
    {
      key: "name",
      title: t("metrics.attribute"),
      text: (row) => row.attribute,
      render: (row) => <span className="wrap-anywhere">{row.attribute}</span>,
      sort: "ascend",
    },
    {
      key: "sum",
      title: t("metrics.sumOfRange"),
      text: (row) => row.sum,
      render: (row) => formatNumber(row.sum, 2),
      numeric: true,
    },
    {
      key: "curve",
      title: t("metrics.course"),
      text: () => null,
      render: (row) => <Sparkline values={row.sparkline} width={120} />,
    },
    { key: "machines", title: t("nav.machines"), text: (row) => row.machines.join(" ") },
    {
      key: "last",
      title: t("metrics.lastReport"),
      text: (row) => row.lastAtMs,
      render: (row) => <Time atMs={row.lastAtMs} />,
    },
  ];
  return (
    <DataTable
      name="attributes"
      rows={attributes}
      rowKey={(row) => row.attribute}
      columns={columns}
      empty={t("metrics.none")}
    />
  );
}
