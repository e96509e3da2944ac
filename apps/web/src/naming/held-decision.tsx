import { App } from "antd";
import { useState } from "react";
import { useAction } from "../api/use-action.js";
import { useText } from "../i18n/use-text.js";
import { ConfirmDialog } from "../ui/confirm-dialog.js";
import { type Decision, decisionWords } from "./held-words.js";

interface HeldDecisionProps {
  readonly decision: Decision;
  readonly onClosed: () => void;
}

/** Says what a decision does, as things stood when the dialog was opened; the console refuses when they changed since. */
export function HeldDecision({ decision, onClosed }: HeldDecisionProps) {
  const t = useText();
  const { notification } = App.useApp();
  const [open, setOpen] = useState(true);
  const finish = (title: string) => {
    notification.success({ title });
    setOpen(false);
  };
  const keep = useAction("naming.discard", {
    quiet: true,
    onDone: ({ discarded }) => finish(t("held.kept", { n: discarded.length })),
  });
  const publish = useAction("naming.confirm", {
    quiet: true,
    onDone: ({ confirmed, machines }) =>
      finish(decision.kind === "take" ? t("held.taken", { n: machines }) : t("held.passed", { n: confirmed.length })),
  });
  const onOk = () => {
    if (decision.kind === "take") return publish.mutate({ body: { services: [], machines: true } });
    const services = decision.held.map(({ service }) => service);
    if (decision.kind === "keep") return keep.mutate({ body: { services } });
    publish.mutate({ body: { services, revisions: decision.held.map(({ revision }) => revision) } });
  };
  const { title, text, ok, typeName } = decisionWords(decision, t);
  return (
    <ConfirmDialog
      open={open}
      title={title}
      text={text}
      okText={ok}
      danger={decision.kind !== "keep"}
      typeName={typeName}
      pending={keep.isPending || publish.isPending}
      error={keep.error ?? publish.error}
      onOk={onOk}
      onCancel={() => setOpen(false)}
      onClosed={onClosed}
    />
  );
}
