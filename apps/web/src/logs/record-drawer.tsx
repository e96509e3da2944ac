import type { LogRecord } from "@msec/api-schema";
import { Button, Drawer } from "antd";
import { Link, useLocation } from "react-router";
import { formatDateTime } from "../format/format.js";
import { useText } from "../i18n/use-text.js";
import { Copyable } from "../ui/copyable.js";

interface RecordDrawerProps {
  readonly record: LogRecord | undefined;
  readonly onClose: () => void;
}

const CONTEXT_MS = 5000;

/** All fields of one record, with ways on: its request, what the machine logged around it. */
export function RecordDrawer({ record, onClose }: RecordDrawerProps) {
  const t = useText();
  return (
    <Drawer open={record !== undefined} onClose={onClose} title={t("logs.record")} size="large" destroyOnHidden>
      {record && <RecordBody record={record} />}
    </Drawer>
  );
}

function RecordBody({ record }: { readonly record: LogRecord }) {
  const t = useText();
  const { pathname } = useLocation();
  const around = `service=${record.service}&machine=${record.machine}&from=${record.atMs - CONTEXT_MS}&to=${record.atMs + CONTEXT_MS}`;
  const fields: [string, string][] = [
    [t("common.time"), `${formatDateTime(record.atMs)}.${String(record.atMs % 1000).padStart(3, "0")}`],
    [t("logs.level"), record.level],
    [t("common.service"), record.service],
    [t("common.machine"), record.machine],
    [t("logs.requestId"), record.requestId],
    [t("logs.rpc"), record.rpcName],
    [t("logs.caller"), record.caller],
    ...Object.entries(record.fields).sort(([a], [b]) => a.localeCompare(b)),
  ];
  return (
    <>
      <pre className="record-body">{record.body}</pre>
      <div className="toolbar">
        {record.requestId && !pathname.startsWith("/requests/") && (
          <Link to={`/requests/${record.requestId}`}>
            <Button type="primary" size="small">
              {t("logs.openRequest")}
            </Button>
          </Link>
        )}
        <Link to={`/logs?${around}`}>
          <Button size="small">{t("logs.context")}</Button>
        </Link>
      </div>
      <table className="field-table">
        <tbody>
          {fields
            .filter(([, value]) => value !== "")
            .map(([name, value]) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td className="wrap-anywhere">
                  <Copyable value={value} />
                </td>
              </tr>
            ))}
        </tbody>
      </table>
    </>
  );
}
