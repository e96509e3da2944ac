import type { Group, ServiceSummary } from "@msec/api-schema";
import { Button, Space } from "antd";
import { useState } from "react";
import { Link, useSearchParams } from "react-router";
import type { ApiOutput } from "../api/api.js";
import { useAction } from "../api/use-action.js";
import { useApi } from "../api/use-api.js";
import { fullName } from "../app/tree-groups.js";
import { usePhrase } from "../i18n/use-phrase.js";
import { useText } from "../i18n/use-text.js";
import { type Column, DataTable } from "../ui/data-table.js";
import { EmptyHint } from "../ui/empty-hint.js";
import { HEALTH_ORDER, HealthTag } from "../ui/health.js";
import { MayButton } from "../ui/may-button.js";
import { Page, Section } from "../ui/page.js";
import { QueryView } from "../ui/query-view.js";
import { Time } from "../ui/time.js";
import { AddGroupDialog } from "./add-group-dialog.js";
import { AddServiceDialog } from "./add-service-dialog.js";

export function ServicesPage() {
  const t = useText();
  const [search, setSearch] = useSearchParams();
  const [adding, setAdding] = useState<"group" | "service" | undefined>(search.has("add") ? "service" : undefined);
  const services = useApi("services.list", undefined, { refreshMs: 5000 });
  const close = () => {
    setAdding(undefined);
    setSearch({}, { replace: true });
  };
  return (
    <Page
      title={t("nav.services")}
      documentTitle={t("nav.services")}
      actions={
        <Space>
          <MayButton permission="service:write" onClick={() => setAdding("group")}>
            {t("groups.add")}
          </MayButton>
          <MayButton permission="service:write" type="primary" onClick={() => setAdding("service")}>
            {t("services.add")}
          </MayButton>
        </Space>
      }
    >
      <QueryView query={services}>
        {(data) => (
          <>
            <ServiceTable services={data.services} onAdd={() => setAdding("service")} />
            <Groups answer={data} />
          </>
        )}
      </QueryView>
      <AddGroupDialog open={adding === "group"} onClose={close} />
      <AddServiceDialog open={adding === "service"} onClose={close} />
    </Page>
  );
}

function ServiceTable({ services, onAdd }: { readonly services: ServiceSummary[]; readonly onAdd: () => void }) {
  const t = useText();
  const phrase = usePhrase();
  const columns: Column<ServiceSummary>[] = [
    {
      key: "health",
      title: t("service.health"),
      text: (row) => HEALTH_ORDER[row.health],
      render: (row) => <HealthTag health={row.health} text={row.healthText} />,
    },
    {
      key: "service",
      title: t("common.service"),
      text: fullName,
      render: (row) => <Link to={`/services/${row.first}/${row.second}`}>{fullName(row)}</Link>,
      sort: "ascend",
    },
    { key: "kind", title: t("service.kind"), text: (row) => t(`kind.${row.kind}`), filter: true },
    {
      key: "traffic",
      title: t("service.inTraffic"),
      text: (row) => row.enabledCount,
      render: (row) => t("service.ofAll", { n: row.enabledCount, all: row.instanceCount }),
      numeric: true,
    },
    { key: "port", title: t("service.port"), text: (row) => (row.port === 0 ? null : row.port), numeric: true },
    { key: "why", title: t("service.why"), text: (row) => phrase(row.healthText) },
    { key: "memo", title: t("common.memo"), text: (row) => row.memo },
  ];
  return (
    <DataTable
      name="services"
      rows={services}
      rowKey={fullName}
      columns={columns}
      empty={
        <EmptyHint
          title={t("services.none")}
          text={t("services.noneText")}
          action={
            <MayButton permission="service:write" type="primary" onClick={onAdd}>
              {t("services.add")}
            </MayButton>
          }
        />
      }
    />
  );
}

function Groups({ answer }: { readonly answer: ApiOutput<"services.list"> }) {
  const t = useText();
  const remove = useAction("groups.delete");
  const countOf = (group: Group) => answer.services.filter((service) => service.first === group.name).length;
  const columns: Column<Group>[] = [
    { key: "name", title: t("service.first"), text: (row) => row.name },
    { key: "kind", title: t("service.kind"), text: (row) => t(`kind.${row.kind}`) },
    { key: "count", title: t("nav.services"), text: countOf, numeric: true },
    {
      key: "created",
      title: t("common.created"),
      text: (row) => row.createdAtMs,
      render: (row) => <Time atMs={row.createdAtMs} />,
    },
  ];
  return (
    <Section title={t("groups.title")}>
      <DataTable
        name="groups"
        rows={answer.groups}
        rowKey={(row) => row.name}
        columns={columns}
        plain
        empty={<EmptyHint title={t("groups.none")} text={t("groups.noneText")} />}
        actions={(row) =>
          countOf(row) === 0 && (
            <Button size="small" type="text" danger onClick={() => remove.mutate({ params: { first: row.name } })}>
              {t("common.remove")}
            </Button>
          )
        }
      />
    </Section>
  );
}
