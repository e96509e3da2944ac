import type { Order } from "@msec/api-schema";
import { useText } from "../i18n/use-text.js";
import { ShortId } from "../ui/copyable.js";
import { type Column, DataTable } from "../ui/data-table.js";
import { EmptyHint } from "../ui/empty-hint.js";
import { StateTag, type Tone } from "../ui/state-tag.js";
import { Time } from "../ui/time.js";

const TONES: Readonly<Record<Order["status"], Tone>> = {
  sent: "working",
  accepted: "working",
  succeeded: "well",
  failed: "failing",
  expired: "degraded",
};

/** Signed orders sent to a machine and what came of them. */
export function OrderTable({ orders }: { readonly orders: readonly Order[] }) {
  const t = useText();
  const columns: Column<Order>[] = [
    {
      key: "at",
      title: t("order.issued"),
      text: (row) => row.issuedAtMs,
      render: (row) => <Time atMs={row.issuedAtMs} />,
      sort: "descend",
    },
    {
      key: "status",
      title: t("instance.state"),
      text: (row) => t(`order.${row.status}`),
      render: (row) => <StateTag tone={TONES[row.status]} word={t(`order.${row.status}`)} />,
      filter: true,
    },
    {
      key: "op",
      title: t("order.op"),
      text: (row) => row.op,
      render: (row) => <span className="mono">{row.op}</span>,
      filter: true,
    },
    {
      key: "args",
      title: t("order.args"),
      text: (row) => row.argsText,
      render: (row) => (
        <div className="one-line mono" title={row.argsText}>
          {row.argsText}
        </div>
      ),
    },
    {
      key: "error",
      title: t("order.error"),
      text: (row) => row.error,
      render: (row) => <span className="tone-failing">{row.error}</span>,
    },
    { key: "author", title: t("common.author"), text: (row) => row.author, filter: true },
    { key: "id", title: t("order.id"), text: (row) => row.orderId, render: (row) => <ShortId id={row.orderId} /> },
  ];
  return (
    <DataTable
      name="orders"
      rows={orders}
      rowKey={(row) => row.orderId}
      columns={columns}
      plain={orders.length < 10}
      empty={<EmptyHint title={t("order.none")} text={t("order.noneText")} />}
    />
  );
}
