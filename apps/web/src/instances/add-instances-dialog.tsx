import type { Labels } from "@msec/api-schema";
import { Form, Input, Modal, Select } from "antd";
import { useState } from "react";
import { useAction } from "../api/use-action.js";
import { useApi } from "../api/use-api.js";
import { useText } from "../i18n/use-text.js";
import { LabelFields } from "../labels/label-fields.js";
import { useServiceName } from "../services/use-service.js";
import { ErrorText } from "../ui/error-panel.js";
import { TransportField, WeightField } from "./edit-instance-dialog.js";
import { splitAddresses, wrongAddresses } from "./parse-addresses.js";

interface AddInstancesDialogProps {
  readonly open: boolean;
  readonly external: boolean;
  readonly port: number;
  readonly onClose: () => void;
}

interface NewInstances {
  readonly hosts?: string[];
  readonly text?: string;
  readonly transport: "tcp" | "udp" | "all";
  readonly weight: number;
  readonly labels?: Labels;
}

const DEFAULT_WEIGHT = 100;

/** Adds instances, out of traffic: machines of ours, or ip:port of a foreign service. */
export function AddInstancesDialog({ open, external, port, onClose }: AddInstancesDialogProps) {
  const t = useText();
  const { first, second } = useServiceName();
  const [form] = Form.useForm<NewInstances>();
  const create = useAction("instances.create", { quiet: true, onDone: onClose });
  const onFinish = ({ hosts = [], text = "", transport, weight, labels }: NewInstances) => {
    const body = external
      ? { addresses: splitAddresses(text), ...(labels && { labels: given(labels) }) }
      : { hosts: splitAddresses(hosts.join(" ")) };
    create.mutate({ params: { first, second }, body: { ...body, transport, weight } });
  };
  return (
    <Modal
      open={open}
      title={t("instances.add")}
      okText={t("instances.add")}
      onOk={() => form.submit()}
      onCancel={onClose}
      confirmLoading={create.isPending}
      afterClose={() => {
        form.resetFields();
        create.reset();
      }}
    >
      <p className="faint">{t("instances.addText")}</p>
      <Form
        form={form}
        layout="vertical"
        initialValues={{ transport: external ? "tcp" : "all", weight: DEFAULT_WEIGHT }}
        onFinish={onFinish}
      >
        {external ? <AddressField /> : <HostField port={port} />}
        <TransportField />
        <WeightField />
        {external && <LabelFields />}
        {create.error && <ErrorText error={create.error} />}
      </Form>
    </Modal>
  );
}

/** Fields that were never touched have no value. */
function given(labels: Partial<Labels>): Partial<Labels> {
  return Object.fromEntries(Object.entries(labels).filter(([, value]) => value !== undefined));
}

function AddressField() {
  const t = useText();
  return (
    <Form.Item name="text" label={t("instances.addresses")} rules={[addressRule(t, true)]}>
      <Input.TextArea rows={4} className="mono" placeholder={"10.0.0.1:3306\n[fd00::2]:3306"} />
    </Form.Item>
  );
}

function HostField({ port }: { readonly port: number }) {
  const t = useText();
  const machines = useApi("machines.list").data?.machines ?? [];
  // Closed after each choice: Tab in an open list would take the choice back.
  const [open, setOpen] = useState(false);
  return (
    <Form.Item
      name="hosts"
      label={t("instances.hosts")}
      extra={t("instances.hostsHint", { port })}
      rules={[addressRule(t, false)]}
    >
      <Select
        mode="tags"
        open={open}
        onOpenChange={setOpen}
        onSelect={() => setOpen(false)}
        tokenSeparators={[" ", ",", ";", "\n"]}
        options={machines.map((machine) => ({ value: machine.address, label: `${machine.address} · ${machine.name}` }))}
      />
    </Form.Item>
  );
}

function addressRule(t: ReturnType<typeof useText>, external: boolean) {
  return {
    validator: (_: unknown, value: string | string[] | undefined) => {
      const addresses = splitAddresses(Array.isArray(value) ? value.join(" ") : (value ?? ""));
      const wrong = wrongAddresses(addresses, external);
      if (addresses.length === 0) return Promise.reject(new Error(t("form.required")));
      if (addresses.length > 100) return Promise.reject(new Error(t("instances.tooMany")));
      return wrong.length === 0
        ? Promise.resolve()
        : Promise.reject(
            new Error(t(external ? "instances.wrongPairs" : "instances.wrongHosts", { wrong: wrong.join(", ") })),
          );
    },
  };
}
