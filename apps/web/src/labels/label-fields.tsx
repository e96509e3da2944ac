import { Form, Input } from "antd";
import { useText } from "../i18n/use-text.js";

const FIELDS = ["zone", "rack", "set"] as const;

/** Zone, rack and set inside a form, under `labels`. */
export function LabelFields() {
  const t = useText();
  return FIELDS.map((field) => (
    <Form.Item
      key={field}
      name={["labels", field]}
      label={t(`labels.${field}`)}
      extra={t(`labels.${field}Hint`)}
      rules={[{ pattern: /^[A-Za-z0-9._-]{0,32}$/, message: t("labels.wrong") }]}
    >
      <Input autoComplete="off" />
    </Form.Item>
  ));
}
