import { EllipsisOutlined } from "@ant-design/icons";
import type { Instance } from "@msec/api-schema";
import { App, Button, Dropdown, type MenuProps } from "antd";
import { useState } from "react";
import { useNavigate } from "react-router";
import { useMay } from "../api/session.js";
import { useAction } from "../api/use-action.js";
import { type MessageKey, useText } from "../i18n/use-text.js";
import { useServiceName } from "../services/use-service.js";
import { ConfirmDialog } from "../ui/confirm-dialog.js";
import { EditInstanceDialog } from "./edit-instance-dialog.js";

type OrderAction = "start" | "stop" | "restart";
type Asked = OrderAction | "delete";

interface InstanceActionsProps {
  readonly instance: Instance;
  readonly standard: boolean;
  readonly onCapacity: (action: "expand" | "shrink") => void;
}

const TITLES: Readonly<Record<Asked, MessageKey>> = {
  start: "instance.startTitle",
  stop: "instance.stopTitle",
  restart: "instance.restartTitle",
  delete: "instance.deleteTitle",
};
const TEXTS: Readonly<Record<Asked, MessageKey>> = {
  start: "instance.startText",
  stop: "instance.stopText",
  restart: "instance.restartText",
  delete: "instance.deleteText",
};
const BUTTONS: Readonly<Record<Asked, MessageKey>> = {
  start: "instance.start",
  stop: "instance.stop",
  restart: "instance.restart",
  delete: "common.remove",
};
const DONE: Readonly<Record<OrderAction, MessageKey>> = {
  start: "instance.started",
  stop: "instance.stopped",
  restart: "instance.restarted",
};

/** What can be done with one instance. */
export function InstanceActions({ instance, standard, onCapacity }: InstanceActionsProps) {
  const t = useText();
  const [asked, setAsked] = useState<Asked>();
  const [editing, setEditing] = useState(false);
  const items = useItems(instance, standard, { onCapacity, onAsk: setAsked, onEdit: () => setEditing(true) });
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: only keeps a click on the menu from opening the row
    // biome-ignore lint/a11y/useKeyWithClickEvents: as above
    <span onClick={(event) => event.stopPropagation()}>
      <Dropdown menu={{ items }} trigger={["click"]}>
        <Button
          size="small"
          type="text"
          icon={<EllipsisOutlined />}
          aria-label={t("instance.actions", { address: instance.address })}
        />
      </Dropdown>
      <AskedDialog instance={instance} asked={asked} onClose={() => setAsked(undefined)} />
      <EditInstanceDialog instance={instance} standard={standard} open={editing} onClose={() => setEditing(false)} />
    </span>
  );
}

interface Handlers {
  readonly onCapacity: (action: "expand" | "shrink") => void;
  readonly onAsk: (asked: Asked) => void;
  readonly onEdit: () => void;
}

function useItems(
  instance: Instance,
  standard: boolean,
  { onCapacity, onAsk, onEdit }: Handlers,
): NonNullable<MenuProps["items"]> {
  const t = useText();
  const navigate = useNavigate();
  const { service } = useServiceName();
  const mayTraffic = useMay("capacity:write");
  const mayOrder = useMay("release:write") && instance.machineState === "online";
  const mayDelete = useMay("service:write") && instance.status === "disabled";
  const inside = instance.status === "enabled";
  const orders: NonNullable<MenuProps["items"]> = (["start", "restart", "stop"] as const).map((action) => ({
    key: action,
    label: t(BUTTONS[action]),
    disabled: !mayOrder,
    onClick: () => onAsk(action),
  }));
  return [
    {
      key: "traffic",
      label: t(inside ? "capacity.shrink" : "capacity.expand"),
      disabled: !mayTraffic,
      onClick: () => onCapacity(inside ? "shrink" : "expand"),
    },
    { key: "edit", label: t("instance.edit"), disabled: !mayTraffic, onClick: onEdit },
    { type: "divider" },
    ...(standard ? [...orders, { type: "divider" as const }] : []),
    ...(standard
      ? [
          {
            key: "logs",
            label: t("tab.logs"),
            onClick: () => void navigate(`/logs?service=${service}&machine=${instance.host}`),
          },
          {
            key: "metrics",
            label: t("tab.metrics"),
            onClick: () => void navigate(`/metrics?service=${service}&by=machine`),
          },
          { type: "divider" as const },
        ]
      : []),
    { key: "delete", danger: true, label: t("common.remove"), disabled: !mayDelete, onClick: () => onAsk("delete") },
  ];
}

interface AskedDialogProps {
  readonly instance: Instance;
  readonly asked: Asked | undefined;
  readonly onClose: () => void;
}

function AskedDialog({ instance, asked: open, onClose }: AskedDialogProps) {
  const t = useText();
  const asked = open ?? "start";
  const { notification } = App.useApp();
  const { first, second } = useServiceName();
  const params = { first, second, address: instance.address };
  const remove = useAction("instances.delete", { quiet: true, onDone: onClose });
  const takesFromTraffic = instance.status === "enabled" && asked === "stop";
  const facts = { address: instance.address, machine: instance.machineName };
  const order = useAction("instances.order", {
    quiet: true,
    onDone: (_answer, { body }) => {
      notification.success({ title: instance.address, description: t(DONE[body.action], facts) });
      onClose();
    },
  });
  return (
    <ConfirmDialog
      open={open !== undefined}
      title={t(TITLES[asked], facts)}
      text={t(TEXTS[asked], facts) + (takesFromTraffic ? `\n${t("instance.stillInTraffic")}` : "")}
      okText={t(BUTTONS[asked])}
      danger={asked === "stop" || asked === "delete"}
      typeName={takesFromTraffic ? instance.address : undefined}
      pending={order.isPending || remove.isPending}
      error={order.error ?? remove.error}
      onOk={() => (asked === "delete" ? remove.mutate({ params }) : order.mutate({ params, body: { action: asked } }))}
      onCancel={() => {
        order.reset();
        remove.reset();
        onClose();
      }}
    />
  );
}
