import { ROLES, type User } from "@msec/api-schema";
import { Button, Form, Input, Modal, Select } from "antd";
import { useState } from "react";
import { useSession } from "../api/session.js";
import { useAction } from "../api/use-action.js";
import { useApi } from "../api/use-api.js";
import { useText } from "../i18n/use-text.js";
import { ConfirmDialog } from "../ui/confirm-dialog.js";
import { type Column, DataTable } from "../ui/data-table.js";
import { EmptyHint } from "../ui/empty-hint.js";
import { ErrorText } from "../ui/error-panel.js";
import { nameRules, passwordRules } from "../ui/name-rules.js";
import { Page } from "../ui/page.js";
import { QueryView } from "../ui/query-view.js";
import { Time } from "../ui/time.js";

export function UsersPage() {
  const t = useText();
  const me = useSession().user.name;
  const users = useApi("users.list");
  const [adding, setAdding] = useState(false);
  const [removing, setRemoving] = useState<User>();
  const remove = useAction("users.delete", { quiet: true, onDone: () => setRemoving(undefined) });
  const columns: Column<User>[] = [
    { key: "name", title: t("login.name"), text: (user) => user.name },
    { key: "role", title: t("users.role"), text: (user) => t(`role.${user.role}`), filter: true },
    {
      key: "created",
      title: t("common.created"),
      text: (user) => user.createdAtMs,
      render: (user) => <Time atMs={user.createdAtMs} />,
    },
  ];
  return (
    <Page
      title={t("nav.users")}
      documentTitle={t("nav.users")}
      trail={[{ text: t("nav.admin") }, { text: t("nav.users") }]}
      summary={<span className="faint">{t("users.roles")}</span>}
      actions={
        <Button type="primary" onClick={() => setAdding(true)}>
          {t("users.add")}
        </Button>
      }
    >
      <QueryView query={users}>
        {(data) => (
          <DataTable
            name="users"
            rows={data.users}
            rowKey={(user) => user.name}
            columns={columns}
            empty={<EmptyHint title={t("users.none")} />}
            actions={(user) => (
              <Button size="small" type="text" danger disabled={user.name === me} onClick={() => setRemoving(user)}>
                {t("common.remove")}
              </Button>
            )}
          />
        )}
      </QueryView>
      <AddUserDialog open={adding} onClose={() => setAdding(false)} />
      <ConfirmDialog
        open={removing !== undefined}
        title={t("users.removeTitle", { name: removing?.name ?? "" })}
        text={t("users.removeText")}
        okText={t("common.remove")}
        danger
        typeName={removing?.name}
        pending={remove.isPending}
        error={remove.error}
        onOk={() => removing && remove.mutate({ params: { name: removing.name } })}
        onCancel={() => {
          setRemoving(undefined);
          remove.reset();
        }}
      />
    </Page>
  );
}

function AddUserDialog({ open, onClose }: { readonly open: boolean; readonly onClose: () => void }) {
  const t = useText();
  const [form] = Form.useForm<Omit<User, "createdAtMs"> & { password: string }>();
  const create = useAction("users.create", { quiet: true, onDone: onClose });
  return (
    <Modal
      open={open}
      title={t("users.add")}
      okText={t("users.add")}
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
        initialValues={{ role: "operator" }}
        onFinish={(body) => create.mutate({ body })}
      >
        <Form.Item name="name" label={t("login.name")} rules={nameRules(t)} extra={t("form.nameHint")}>
          <Input autoComplete="off" />
        </Form.Item>
        <Form.Item name="password" label={t("login.password")} rules={passwordRules(t)} extra={t("form.passwordHint")}>
          <Input.Password autoComplete="new-password" />
        </Form.Item>
        <Form.Item name="role" label={t("users.role")}>
          <Select options={ROLES.map((role) => ({ value: role, label: t(`role.${role}`) }))} />
        </Form.Item>
        {create.error && <ErrorText error={create.error} />}
      </Form>
    </Modal>
  );
}
