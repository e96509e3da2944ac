import type { Labels, Machine } from "@msec/api-schema";
import { Form, Modal } from "antd";
import { useAction } from "../api/use-action.js";
import { useText } from "../i18n/use-text.js";
import { LabelFields } from "../labels/label-fields.js";
import { ErrorText } from "../ui/error-panel.js";

interface LabelsDialogProps {
  readonly machine: Machine;
  readonly open: boolean;
  readonly onClose: () => void;
}

/** Tells where a machine is; its instances follow at once. */
export function LabelsDialog({ machine, open, onClose }: LabelsDialogProps) {
  const t = useText();
  const [form] = Form.useForm<{ labels: Labels }>();
  const save = useAction("machines.setLabels", { quiet: true, onDone: onClose });
  const { machineId } = machine;
  return (
    <Modal
      open={open}
      title={t("machine.labelsOf", { name: machine.name })}
      okText={t("common.save")}
      onOk={() => form.submit()}
      onCancel={onClose}
      confirmLoading={save.isPending}
      destroyOnHidden
      afterClose={() => save.reset()}
    >
      <p className="faint">{t("machine.labelsText")}</p>
      <Form
        form={form}
        layout="vertical"
        preserve={false}
        initialValues={{ labels: machine.labels }}
        onFinish={({ labels }) => save.mutate({ params: { machineId }, body: labels })}
      >
        <LabelFields />
        {save.error && <ErrorText error={save.error} />}
      </Form>
    </Modal>
  );
}
