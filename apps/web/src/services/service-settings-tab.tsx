import { POLICIES, type ServiceSettings, type ServiceSummary } from "@msec/api-schema";
import { App, Form, Input, Radio, Select, Switch } from "antd";
import { useMay } from "../api/session.js";
import { useAction } from "../api/use-action.js";
import { useApi } from "../api/use-api.js";
import { type MessageKey, useText } from "../i18n/use-text.js";
import { ErrorText } from "../ui/error-panel.js";
import { MayButton } from "../ui/may-button.js";
import { memoRules } from "../ui/name-rules.js";
import { QueryView } from "../ui/query-view.js";
import { useServiceName } from "./use-service.js";

/** How machines choose among the instances. */
export function ServiceSettingsTab() {
  const { first, second } = useServiceName();
  const query = useApi("services.get", { params: { first, second } });
  return (
    <QueryView query={query}>
      {(summary) => <SettingsForm key={JSON.stringify(summary.settings)} summary={summary} />}
    </QueryView>
  );
}

interface SettingsValues extends Omit<ServiceSettings, "tuning"> {
  readonly memo: string;
}

function SettingsForm({ summary }: { readonly summary: ServiceSummary }) {
  const t = useText();
  const { notification } = App.useApp();
  const mayChange = useMay("capacity:write");
  const { first, second, settings, memo } = summary;
  const save = useAction("services.update", {
    quiet: true,
    onDone: () => notification.success({ title: t("settings.saved"), description: t("settings.savedText") }),
  });
  const { tuning, ...rest } = settings;
  return (
    <Form<SettingsValues>
      layout="vertical"
      className="settings-form"
      disabled={!mayChange}
      initialValues={{ ...rest, memo }}
      onFinish={(body) => save.mutate({ params: { first, second }, body })}
    >
      <PolicyField />
      <Form.Item name="locality" label={t("settings.locality")} extra={t("settings.localityHint")}>
        <Radio.Group options={choices(t, "settings.locality", ["none", "zone", "rack"])} />
      </Form.Item>
      <Form.Item
        name="partition"
        label={t("settings.partition")}
        extra={t("settings.partitionHint")}
        valuePropName="checked"
      >
        <Switch aria-label={t("settings.partition")} />
      </Form.Item>
      <Form.Item name="check" label={t("settings.check")} extra={t("settings.checkHint")}>
        <Radio.Group options={choices(t, "settings.check", ["none", "tcp"])} />
      </Form.Item>
      {Object.keys(tuning).length > 0 && (
        <Form.Item label={t("settings.tuning")} extra={t("settings.tuningHint")}>
          <code>
            {Object.entries(tuning)
              .map(([key, value]) => `${key} ${value}`)
              .join(", ")}
          </code>
        </Form.Item>
      )}
      <Form.Item name="memo" label={t("common.memo")} rules={memoRules(t)}>
        <Input />
      </Form.Item>
      {save.error && <ErrorText error={save.error} />}
      <MayButton permission="capacity:write" type="primary" htmlType="submit" loading={save.isPending}>
        {t("common.save")}
      </MayButton>
    </Form>
  );
}

function PolicyField() {
  const t = useText();
  const policy = Form.useWatch("policy") as ServiceSettings["policy"] | undefined;
  return (
    <Form.Item
      name="policy"
      label={t("settings.policy")}
      extra={policy && t(`policy.${policy.replaceAll(" ", "-")}` as MessageKey)}
    >
      <Select options={POLICIES.map((value) => ({ value, label: value }))} />
    </Form.Item>
  );
}

function choices(t: ReturnType<typeof useText>, prefix: string, values: readonly string[]) {
  return values.map((value) => ({ value, label: t(`${prefix}.${value}` as MessageKey) }));
}
