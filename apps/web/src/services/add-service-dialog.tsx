import { Button, Form, Input, InputNumber, Modal, Select, Space } from "antd";
import { useState } from "react";
import { useNavigate } from "react-router";
import { useAction } from "../api/use-action.js";
import { useApi } from "../api/use-api.js";
import { useText } from "../i18n/use-text.js";
import { ErrorText } from "../ui/error-panel.js";
import { memoRules, nameRules } from "../ui/name-rules.js";
import { AddGroupDialog } from "./add-group-dialog.js";

interface AddServiceDialogProps {
  readonly open: boolean;
  readonly onClose: () => void;
}

const LANGUAGES = ["typescript", "c++", "java", "php", "python"] as const;
const DEFAULT_PORT = 7963;

interface NewService {
  readonly first: string;
  readonly second: string;
  readonly language?: (typeof LANGUAGES)[number];
  readonly port?: number;
  readonly memo?: string;
}

/** Adds a second-level service and opens its page. */
export function AddServiceDialog({ open, onClose }: AddServiceDialogProps) {
  const t = useText();
  const navigate = useNavigate();
  const [form] = Form.useForm<NewService>();
  const create = useAction("services.create", {
    quiet: true,
    onDone: (service) => {
      onClose();
      void navigate(`/services/${service.first}/${service.second}/instances`);
    },
  });
  return (
    <Modal
      open={open}
      title={t("services.add")}
      okText={t("services.add")}
      onOk={() => form.submit()}
      onCancel={onClose}
      confirmLoading={create.isPending}
      afterClose={() => {
        form.resetFields();
        create.reset();
      }}
    >
      <Form
        form={form}
        layout="vertical"
        initialValues={{ language: "typescript", port: DEFAULT_PORT }}
        onFinish={(body) => create.mutate({ body })}
      >
        <GroupField onAdded={(name) => form.setFieldValue("first", name)} />
        <Form.Item name="second" label={t("service.second")} rules={nameRules(t)} extra={t("form.nameHint")}>
          <Input autoComplete="off" />
        </Form.Item>
        <StandardFields />
        <Form.Item name="memo" label={t("common.memo")} rules={memoRules(t)}>
          <Input />
        </Form.Item>
        {create.error && <ErrorText error={create.error} />}
      </Form>
    </Modal>
  );
}

function GroupField({ onAdded }: { readonly onAdded: (name: string) => void }) {
  const t = useText();
  const groups = useApi("services.list").data?.groups ?? [];
  const [adding, setAdding] = useState(false);
  return (
    <>
      <Form.Item label={t("service.first")} required>
        <Space.Compact block>
          <Form.Item name="first" noStyle rules={[{ required: true, message: t("services.chooseGroup") }]}>
            <Select
              showSearch
              autoFocus
              aria-label={t("service.first")}
              placeholder={t("services.chooseGroup")}
              options={groups.map((group) => ({
                value: group.name,
                label: `${group.name} · ${t(`kind.${group.kind}`)}`,
              }))}
            />
          </Form.Item>
          <Button onClick={() => setAdding(true)}>{t("groups.add")}</Button>
        </Space.Compact>
      </Form.Item>
      <AddGroupDialog open={adding} onClose={() => setAdding(false)} onAdded={(group) => onAdded(group.name)} />
    </>
  );
}

/** Language and port; external services have neither. */
function StandardFields() {
  const t = useText();
  const first = Form.useWatch("first") as string | undefined;
  const groups = useApi("services.list").data?.groups ?? [];
  if (groups.find((group) => group.name === first)?.kind === "external") return null;
  return (
    <>
      <Form.Item name="language" label={t("service.language")}>
        <Select options={LANGUAGES.map((language) => ({ value: language, label: language }))} />
      </Form.Item>
      <Form.Item
        name="port"
        label={t("service.port")}
        extra={t("services.portHint")}
        rules={[{ type: "integer", min: 1, max: 65_535, message: t("form.port") }]}
      >
        <InputNumber className="full" min={1} max={65_535} />
      </Form.Item>
    </>
  );
}
