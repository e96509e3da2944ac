import { Form, Input, Modal, Space, Spin } from "antd";
import { type ReactNode, useEffect, useId, useState } from "react";
import { useText } from "../i18n/use-text.js";
import { ErrorText } from "./error-panel.js";

interface ConfirmDialogProps {
  readonly open: boolean;
  readonly title: string;
  /** What will happen, in words. `undefined` = it is being found out. */
  readonly text: ReactNode;
  readonly okText: string;
  readonly danger?: boolean;
  /** Must be typed before the button works; for what can't be undone. */
  readonly typeName?: string | undefined;
  readonly pending?: boolean;
  readonly error?: unknown;
  readonly onOk: () => void;
  readonly onCancel: () => void;
  /** It is out of sight, and focus is back where it was, if that is still there. */
  readonly onClosed?: () => void;
}

/** Says what an action will do, asks to type a name when it is dangerous, shows that it is doing it. */
export function ConfirmDialog(props: ConfirmDialogProps) {
  const t = useText();
  const [typed, setTyped] = useState("");
  const field = useId();
  useEffect(() => {
    if (props.open) setTyped("");
  }, [props.open]);
  const named = props.typeName === undefined || typed === props.typeName;
  return (
    <Modal
      open={props.open}
      title={props.title}
      okText={props.okText}
      okButtonProps={{
        danger: props.danger ?? false,
        disabled: !named || props.text === undefined,
        autoFocus: props.danger !== true && props.typeName === undefined,
      }}
      confirmLoading={props.pending ?? false}
      onOk={props.onOk}
      onCancel={props.onCancel}
      afterClose={() => props.onClosed?.()}
      destroyOnHidden
    >
      <Space orientation="vertical" size={12} className="full">
        {props.text === undefined ? <Spin size="small" /> : <div className="prewrap">{props.text}</div>}
        {props.typeName !== undefined && (
          <Form layout="vertical" onFinish={() => named && props.onOk()}>
            <Form.Item label={t("confirm.type", { name: props.typeName })} htmlFor={field} className="no-margin">
              <Input id={field} value={typed} autoFocus onChange={(event) => setTyped(event.target.value)} />
            </Form.Item>
          </Form>
        )}
        {props.error ? <ErrorText error={props.error} /> : null}
      </Space>
    </Modal>
  );
}
