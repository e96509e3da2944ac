import type { Instance, Labels } from "@msec/api-schema";
import { Form, InputNumber, Modal, Select } from "antd";
import { useAction } from "../api/use-action.js";
import { useText } from "../i18n/use-text.js";
import { LabelFields } from "../labels/label-fields.js";
import { useServiceName } from "../services/use-service.js";
import { ErrorText } from "../ui/error-panel.js";

interface EditInstanceDialogProps {
  readonly instance: Instance;
  /** Instances of standard services have the labels of their machine. */
  readonly standard: boolean;
  readonly open: boolean;
  readonly onClose: () => void;
}

interface InstanceValues {
  readonly weight: number;
  readonly transport: Instance["transport"];
  readonly labels?: Labels;
}

/** Changes weight, protocol and labels; machines follow at once, in traffic or not. */
export function EditInstanceDialog({ instance, standard, open, onClose }: EditInstanceDialogProps) {
  const t = useText();
  const { first, second } = useServiceName();
  const [form] = Form.useForm<InstanceValues>();
  const save = useAction("instances.update", { quiet: true, onDone: onClose });
  const { address, weight, transport, labels, labelsFrom } = instance;
  const own = labelsFrom === "instance" ? labels : { zone: "", rack: "", set: "" };
  return (
    <Modal
      open={open}
      title={t("instance.editTitle", { address })}
      okText={t("common.save")}
      onOk={() => form.submit()}
      onCancel={onClose}
      confirmLoading={save.isPending}
      destroyOnHidden
      afterClose={() => save.reset()}
    >
      <Form
        form={form}
        layout="vertical"
        preserve={false}
        initialValues={{ weight, transport, labels: own }}
        onFinish={(body) => save.mutate({ params: { first, second, address }, body })}
      >
        <WeightField />
        <TransportField />
        {standard ? <p className="faint">{t("instance.labelsOfMachine")}</p> : <LabelFields />}
        {save.error && <ErrorText error={save.error} />}
      </Form>
    </Modal>
  );
}

export function TransportField() {
  const t = useText();
  return (
    <Form.Item name="transport" label={t("instance.transport")}>
      <Select
        options={[
          { value: "all", label: t("transport.all") },
          { value: "tcp", label: "TCP" },
          { value: "udp", label: "UDP" },
        ]}
      />
    </Form.Item>
  );
}

export function WeightField() {
  const t = useText();
  return (
    <Form.Item
      name="weight"
      label={t("instance.weight")}
      extra={t("instance.weightHint")}
      rules={[{ required: true, type: "integer", min: 1, max: 10_000, message: t("form.weight") }]}
    >
      <InputNumber className="full" min={1} max={10_000} />
    </Form.Item>
  );
}
