import type { HeldName, NameRefusal } from "@msec/api-schema";
import { Alert, Space } from "antd";
import { useState } from "react";
import { Link } from "react-router";
import { useAction } from "../api/use-action.js";
import { useApi } from "../api/use-api.js";
import { useText } from "../i18n/use-text.js";
import { ConfirmDialog } from "../ui/confirm-dialog.js";
import { MayButton } from "../ui/may-button.js";
import { Time } from "../ui/time.js";

/** On every page while changes of names are held back, or machines refuse the list. */
export function HeldBanner() {
  const t = useText();
  const { data } = useApi("naming.held", undefined, { refreshMs: 5_000 });
  if (!data || data.held.length + data.refusals.length === 0) return null;
  return (
    <Alert
      type="warning"
      showIcon
      role="status"
      title={t("held.title")}
      description={
        <Space orientation="vertical" size={8} className="full">
          <span>{t("held.text")}</span>
          {data.held.map((held) => (
            <HeldLine key={held.service} held={held} />
          ))}
          {data.refusals.length > 0 && <RefusalLine refusals={data.refusals} />}
        </Space>
      }
    />
  );
}

function HeldLine({ held }: { readonly held: HeldName }) {
  const t = useText();
  const [asking, setAsking] = useState<"confirm" | "discard" | undefined>();
  const done = { quiet: true, onDone: () => setAsking(undefined) };
  const confirm = useAction("naming.confirm", done);
  const discard = useAction("naming.discard", done);
  const action = asking === "discard" ? discard : confirm;
  const { service, revision, published, wanted } = held;
  const onOk = () => {
    if (asking === "discard") discard.mutate({ body: { services: [service] } });
    else confirm.mutate({ body: { services: [service], revisions: [revision] } });
  };
  return (
    <Space wrap>
      <Link to={`/services/${service.replace(".", "/")}`}>{service}</Link>
      <span>{held.why}</span>
      <Time atMs={held.sinceMs} />
      <MayButton permission="capacity:write" size="small" danger onClick={() => setAsking("confirm")}>
        {t("held.confirm")}
      </MayButton>
      <MayButton permission="capacity:write" size="small" onClick={() => setAsking("discard")}>
        {t("held.discard")}
      </MayButton>
      <ConfirmDialog
        open={asking !== undefined}
        title={t(asking === "discard" ? "held.discard" : "held.confirm")}
        text={t(asking === "discard" ? "held.discardText" : "held.confirmText", { service, published, wanted })}
        okText={t(asking === "discard" ? "held.discard" : "held.confirm")}
        danger={asking === "confirm"}
        typeName={asking === "confirm" ? service : undefined}
        pending={action.isPending}
        error={action.error}
        onOk={onOk}
        onCancel={() => setAsking(undefined)}
      />
    </Space>
  );
}

function RefusalLine({ refusals }: { readonly refusals: readonly NameRefusal[] }) {
  const t = useText();
  const [asking, setAsking] = useState(false);
  const confirm = useAction("naming.confirm", { quiet: true, onDone: () => setAsking(false) });
  const machines = refusals.map(({ machineName }) => machineName).join(", ");
  return (
    <Space wrap>
      <span>{t("held.refused", { machines, why: refusals[0]?.why ?? "" })}</span>
      <MayButton permission="capacity:write" size="small" danger onClick={() => setAsking(true)}>
        {t("held.take")}
      </MayButton>
      <ConfirmDialog
        open={asking}
        title={t("held.take")}
        text={t("held.takeText", { machines })}
        okText={t("held.take")}
        danger
        pending={confirm.isPending}
        error={confirm.error}
        onOk={() => confirm.mutate({ body: { services: [], machines: true } })}
        onCancel={() => setAsking(false)}
      />
    </Space>
  );
}
