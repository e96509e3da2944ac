import type { Instance, Release, Version } from "@msec/api-schema";
import { Alert, Button, Checkbox, Form, Input, Select } from "antd";
import { useState } from "react";
import { Link, useNavigate, useSearchParams } from "react-router";
import { useAction } from "../api/use-action.js";
import { useApi } from "../api/use-api.js";
import { useText } from "../i18n/use-text.js";
import { useServiceName } from "../services/use-service.js";
import { ErrorPanel } from "../ui/error-panel.js";
import { memoRules } from "../ui/name-rules.js";
import { Page, Section } from "../ui/page.js";
import { QueriesView } from "../ui/query-view.js";
import type { ReleaseDraft } from "./release-draft.js";
import { ReleaseReview } from "./release-review.js";
import { TargetPicker } from "./target-picker.js";

/** What, where, memo → review → go; all on one page. */
export function ReleaseCreatePage() {
  const t = useText();
  const { first, second, service } = useServiceName();
  const params = { first, second };
  const plugins = useApi("plugins.list", { params });
  const configs = useApi("configs.list", { params });
  const idls = useApi("idls.list", { params });
  const instances = useApi("instances.list", { params }, { refreshMs: 5000 });
  const releases = useApi("releases.list", { query: { service, limit: 200 } });
  return (
    <Page
      title={t("releases.newOf", { service: second })}
      documentTitle={t("releases.newOf", { service })}
      trail={[
        { text: t("nav.services"), to: "/services" },
        { text: service, to: `/services/${first}/${second}` },
        { text: t("tab.releases"), to: `/services/${first}/${second}/releases` },
        { text: t("releases.new") },
      ]}
    >
      <QueriesView queries={{ plugins, configs, idls, instances, releases }}>
        {(data) => (
          <Wizard
            plugins={data.plugins.versions}
            configs={data.configs.versions}
            idls={data.idls.versions}
            instances={data.instances.instances}
            releases={data.releases.releases}
          />
        )}
      </QueriesView>
    </Page>
  );
}

interface WizardProps {
  readonly plugins: readonly Version[];
  readonly configs: readonly Version[];
  readonly idls: readonly Version[];
  readonly instances: readonly Instance[];
  readonly releases: readonly Release[];
}

function Wizard(props: WizardProps) {
  const t = useText();
  const { first, second } = useServiceName();
  const base = `/services/${first}/${second}`;
  const missing = [
    props.plugins.length === 0 && { text: t("releases.needPlugin"), to: `${base}/plugins` },
    props.configs.length === 0 && { text: t("releases.needConfig"), to: `${base}/config?edit=new` },
    props.instances.length === 0 && { text: t("releases.needInstance"), to: `${base}/instances` },
  ].filter((each) => each !== false);
  if (missing.length > 0)
    return (
      <Alert
        type="info"
        showIcon
        title={t("releases.missing")}
        description={
          <ul>
            {missing.map((each) => (
              <li key={each.to}>
                <Link to={each.to}>{each.text}</Link>
              </li>
            ))}
          </ul>
        }
      />
    );
  return <WizardForm {...props} />;
}

function WizardForm(props: WizardProps) {
  const { plugins, configs, idls, instances } = props;
  const t = useText();
  const navigate = useNavigate();
  const { first, second } = useServiceName();
  const [form] = Form.useForm<ReleaseDraft>();
  const [start, setStart] = useState(true);
  const initial = useInitialDraft(props);
  const draft = { ...initial, ...(Form.useWatch([], form) as Partial<ReleaseDraft> | undefined) };
  const create = useAction("releases.create", {
    quiet: true,
    onDone: (release) => void navigate(`/releases/${release.releaseId}`),
  });
  const onFinish = ({ pluginTag, configTag, idlTag, addresses, memo }: ReleaseDraft) =>
    create.mutate({
      params: { first, second },
      body: { pluginTag, configTag, addresses: [...addresses], start, memo: memo ?? "", ...(idlTag ? { idlTag } : {}) },
    });
  return (
    <Form form={form} layout="vertical" initialValues={initial} onFinish={onFinish} className="wizard">
      <Section title={t("releases.what")}>
        <div className="form-row">
          <VersionField name="pluginTag" label={t("release.plugin")} versions={plugins} required />
          <VersionField name="configTag" label={t("release.config")} versions={configs} required />
          <VersionField name="idlTag" label={t("release.idl")} versions={idls} />
        </div>
      </Section>
      <Section title={t("releases.where")}>
        <Form.Item
          name="addresses"
          rules={[{ required: true, type: "array", min: 1, message: t("releases.chooseTarget") }]}
        >
          <TargetPicker instances={instances} />
        </Form.Item>
      </Section>
      <Section title={t("common.memo")}>
        <Form.Item name="memo" rules={memoRules(t)}>
          <Input placeholder={t("releases.memoHint")} maxLength={140} />
        </Form.Item>
      </Section>
      <Section title={t("releases.review")}>
        <ReleaseReview draft={draft} instances={instances} />
        {create.error && <ErrorPanel error={create.error} kind="action" />}
        <div className="toolbar">
          <Button type="primary" htmlType="submit" size="large" loading={create.isPending}>
            {t(start ? "releases.go" : "releases.plan")}
          </Button>
          <Checkbox checked={start} onChange={(event) => setStart(event.target.checked)}>
            {t("releases.startNow")}
          </Checkbox>
        </div>
      </Section>
    </Form>
  );
}

/** Newest versions on all machines that are there; or what another release had (`?from=r-3`). */
function useInitialDraft({ plugins, configs, idls, instances, releases }: WizardProps): ReleaseDraft {
  const [search] = useSearchParams();
  const from = search.get("from") ?? "";
  const plugin = search.get("plugin") ?? "";
  const old = releases.find((release) => release.releaseId === from);
  const [draft] = useState<ReleaseDraft>(() => ({
    pluginTag: old?.pluginTag ?? (plugin || (plugins[0]?.tag ?? "")),
    configTag: old?.configTag ?? configs[0]?.tag ?? "",
    idlTag: old ? (old.idlTag ?? undefined) : idls[0]?.tag,
    addresses: instances
      .filter((each) => each.machineState === "online")
      .filter((each) => !old || old.targets.some((target) => target.address === each.address))
      .map((each) => each.address),
  }));
  return draft;
}

interface VersionFieldProps {
  readonly name: string;
  readonly label: string;
  readonly versions: readonly Version[];
  readonly required?: boolean;
}

function VersionField({ name, label, versions, required = false }: VersionFieldProps) {
  const t = useText();
  return (
    <Form.Item name={name} label={label} rules={[{ required, message: t("form.required") }]}>
      <Select
        showSearch
        allowClear={!required}
        options={versions.map((version) => ({
          value: version.tag,
          label: [version.tag, version.memo].filter(Boolean).join(" · "),
        }))}
      />
    </Form.Item>
  );
}
