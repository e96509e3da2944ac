import type { ServiceSummary } from "@msec/api-schema";
import { Skeleton, Tabs } from "antd";
import { lazy, type ReactNode, Suspense, useState } from "react";
import { Link, useNavigate, useParams } from "react-router";
import { useAction } from "../api/use-action.js";
import { useApi } from "../api/use-api.js";
import { type MessageKey, useText } from "../i18n/use-text.js";
import { ConfirmDialog } from "../ui/confirm-dialog.js";
import { HealthTag } from "../ui/health.js";
import { MayButton } from "../ui/may-button.js";
import { Page } from "../ui/page.js";
import { QueryView } from "../ui/query-view.js";
import { ServiceNumbers } from "./service-numbers.js";
import { useServiceName } from "./use-service.js";

interface Tab {
  readonly key: string;
  readonly text: MessageKey;
  /** External services have no versions, releases, metrics or logs of their own. */
  readonly external: boolean;
  readonly body: () => ReactNode;
}

const Overview = lazy(async () => ({ default: (await import("./service-overview.js")).ServiceOverview }));
const Instances = lazy(async () => ({ default: (await import("../instances/instances-tab.js")).InstancesTab }));
const Routes = lazy(async () => ({ default: (await import("../routes/routes-tab.js")).RoutesTab }));
const Settings = lazy(async () => ({ default: (await import("./service-settings-tab.js")).ServiceSettingsTab }));
const Releases = lazy(async () => ({
  default: (await import("../releases/service-releases-tab.js")).ServiceReleasesTab,
}));
const Texts = lazy(async () => ({ default: (await import("../versions/texts-tab.js")).TextsTab }));
const Plugins = lazy(async () => ({ default: (await import("../versions/plugins-tab.js")).PluginsTab }));
const Metrics = lazy(async () => ({ default: (await import("../metrics/metrics-view.js")).MetricsView }));
const Logs = lazy(async () => ({ default: (await import("../logs/logs-view.js")).LogsView }));

const TABS: readonly Tab[] = [
  { key: "overview", text: "tab.overview", external: true, body: () => <Overview /> },
  { key: "instances", text: "tab.instances", external: true, body: () => <Instances /> },
  { key: "routes", text: "tab.routes", external: true, body: () => <Routes /> },
  { key: "settings", text: "tab.settings", external: true, body: () => <Settings /> },
  { key: "releases", text: "tab.releases", external: false, body: () => <Releases /> },
  { key: "config", text: "tab.config", external: false, body: () => <Texts key="configs" kind="configs" /> },
  { key: "interface", text: "tab.interface", external: false, body: () => <Texts key="idls" kind="idls" /> },
  { key: "plugins", text: "tab.plugins", external: false, body: () => <Plugins /> },
  { key: "metrics", text: "tab.metrics", external: false, body: () => <ServiceMetrics /> },
  { key: "logs", text: "tab.logs", external: false, body: () => <ServiceLogs /> },
];

function ServiceMetrics() {
  return <Metrics service={useServiceName().service} />;
}

function ServiceLogs() {
  return <Logs service={useServiceName().service} />;
}

export function ServicePage() {
  const t = useText();
  const { first, second, service } = useServiceName();
  const query = useApi("services.get", { params: { first, second } }, { refreshMs: 5000 });
  const summary = query.data && fresh(query.data, first, second);
  return (
    <Page
      title={second}
      documentTitle={service}
      trail={[{ text: t("nav.services"), to: "/services" }, { text: first }, { text: second }]}
      summary={summary && <ServiceNumbers summary={summary} />}
      actions={summary && <ServiceActions summary={summary} />}
    >
      <QueryView query={query}>{(data) => <ServiceTabs kind={data.kind} />}</QueryView>
    </Page>
  );
}

/** While another service's answer is on its way, the old one must not stand under the new title. */
function fresh(summary: ServiceSummary, first: string, second: string): ServiceSummary | undefined {
  return summary.first === first && summary.second === second ? summary : undefined;
}

function ServiceTabs({ kind }: { readonly kind: ServiceSummary["kind"] }) {
  const t = useText();
  const navigate = useNavigate();
  const { first, second } = useServiceName();
  const { tab = "overview" } = useParams();
  const tabs = TABS.filter((each) => each.external || kind === "standard");
  const current = tabs.find((each) => each.key === tab) ?? tabs[0];
  return (
    <>
      <Tabs
        className="service-tabs"
        activeKey={current?.key ?? "overview"}
        items={tabs.map((each) => ({ key: each.key, label: t(each.text) }))}
        onChange={(key) => void navigate(`/services/${first}/${second}${key === "overview" ? "" : `/${key}`}`)}
      />
      <Suspense fallback={<Skeleton active />}>
        <div key={`${first}.${second}`}>{current?.body()}</div>
      </Suspense>
    </>
  );
}

function ServiceActions({ summary }: { readonly summary: ServiceSummary }) {
  const t = useText();
  const navigate = useNavigate();
  const { first, second } = summary;
  const [removing, setRemoving] = useState(false);
  const remove = useAction("services.delete", { quiet: true, onDone: () => void navigate("/services") });
  return (
    <>
      <HealthTag health={summary.health} text={summary.healthText} />
      {summary.enabledCount === 0 && first !== "RESERVED" && (
        <MayButton permission="service:write" danger type="text" onClick={() => setRemoving(true)}>
          {t("services.remove")}
        </MayButton>
      )}
      {summary.kind === "standard" && (
        <MayButton permission="service:write" onClick={() => void navigate(`/services/${first}/${second}/plugins`)}>
          {t("plugins.upload")}
        </MayButton>
      )}
      {summary.kind === "standard" && (
        <Link to={`/services/${first}/${second}/releases/new`}>
          <MayButton permission="release:write" type="primary">
            {t("releases.new")}
          </MayButton>
        </Link>
      )}
      <ConfirmDialog
        open={removing}
        title={t("services.removeTitle", { name: `${first}.${second}` })}
        text={t("services.removeText")}
        okText={t("services.remove")}
        danger
        typeName={second}
        pending={remove.isPending}
        error={remove.error}
        onOk={() => remove.mutate({ params: { first, second } })}
        onCancel={() => setRemoving(false)}
      />
    </>
  );
}
