import { App, Form, Input, Modal } from "antd";
import { useAction } from "../api/use-action.js";
import { useText } from "../i18n/use-text.js";
import { ErrorText } from "../ui/error-panel.js";
import { passwordRules } from "../ui/name-rules.js";

interface ChangePasswordDialogProps {
  readonly open: boolean;
  readonly onClose: () => void;
}

export function ChangePasswordDialog({ open, onClose }: ChangePasswordDialogProps) {
  const t = useText();
  const { message } = App.useApp();
  const [form] = Form.useForm<{ current: string; next: string; again: string }>();
  const change = useAction("users.password", {
    quiet: true,
    onDone: () => {
      void message.success(t("user.passwordChanged"));
      onClose();
    },
  });
  return (
    <Modal
      open={open}
      title={t("user.changePassword")}
      okText={t("user.changePassword")}
      onOk={() => form.submit()}
      onCancel={onClose}
      confirmLoading={change.isPending}
      afterClose={() => {
        form.resetFields();
        change.reset();
      }}
    >
      <Form form={form} layout="vertical" onFinish={({ current, next }) => change.mutate({ body: { current, next } })}>
        <Form.Item
          name="current"
          label={t("user.currentPassword")}
          rules={[{ required: true, message: t("form.required") }]}
        >
          <Input.Password autoComplete="current-password" />
        </Form.Item>
        <Form.Item name="next" label={t("user.newPassword")} rules={passwordRules(t)} extra={t("user.othersEnd")}>
          <Input.Password autoComplete="new-password" />
        </Form.Item>
        <Form.Item
          name="again"
          label={t("user.again")}
          dependencies={["next"]}
          rules={[
            ({ getFieldValue }) => ({
              validator: (_, value) =>
                value === getFieldValue("next") ? Promise.resolve() : Promise.reject(new Error(t("user.differ"))),
            }),
          ]}
        >
          <Input.Password autoComplete="new-password" />
        </Form.Item>
        {change.error && <ErrorText error={change.error} />}
      </Form>
    </Modal>
  );
}
