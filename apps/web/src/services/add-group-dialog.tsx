import type { Group } from "@msec/api-schema";
import { Form, Input, Modal, Radio } from "antd";
import { useAction } from "../api/use-action.js";
import { useText } from "../i18n/use-text.js";
import { ErrorText } from "../ui/error-panel.js";
import { nameRules } from "../ui/name-rules.js";

interface AddGroupDialogProps {
  readonly open: boolean;
  readonly onClose: () => void;
  readonly onAdded?: (group: Group) => void;
}

/** Adds a first-level service. */
export function AddGroupDialog({ open, onClose, onAdded }: AddGroupDialogProps) {
  const t = useText();
  const [form] = Form.useForm<{ name: string; kind: Group["kind"] }>();
  const create = useAction("groups.create", {
    quiet: true,
    onDone: (group) => {
      onAdded?.(group);
      onClose();
    },
  });
  return (
    <Modal
      open={open}
      title={t("groups.add")}
      okText={t("groups.add")}
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
        initialValues={{ kind: "standard" }}
        onFinish={(body) => create.mutate({ body })}
      >
        <Form.Item
          name="name"
          label={t("service.first")}
          extra={t("form.nameHint")}
          rules={[...nameRules(t), { pattern: /^(?!(?:agent|console|backup)$)/, message: t("groups.reserved") }]}
        >
          <Input autoComplete="off" autoFocus />
        </Form.Item>
        <Form.Item name="kind" label={t("service.kind")}>
          <Radio.Group
            options={[
              { value: "standard", label: t("kind.standard") },
              { value: "external", label: t("kind.external") },
            ]}
          />
        </Form.Item>
        <p className="faint">{t("kind.text")}</p>
        {create.error && <ErrorText error={create.error} />}
      </Form>
    </Modal>
  );
}
