import { type ApiToken, ROLES, type Role } from "@msec/api-schema";
import { Alert, Button, Form, Input, Modal, Select } from "antd";
import { useState } from "react";
import { useAction } from "../api/use-action.js";
import { useApi } from "../api/use-api.js";
import { useText } from "../i18n/use-text.js";
import { CommandLine } from "../ui/command-line.js";
import { ConfirmDialog } from "../ui/confirm-dialog.js";
import { type Column, DataTable } from "../ui/data-table.js";
import { EmptyHint } from "../ui/empty-hint.js";
import { ErrorText } from "../ui/error-panel.js";
import { nameRules } from "../ui/name-rules.js";
import { Page } from "../ui/page.js";
import { QueryView } from "../ui/query-view.js";
import { Time } from "../ui/time.js";

export function ApiTokensPage() {
  const t = useText();
  const tokens = useApi("apiTokens.list");
  const [adding, setAdding] = useState(false);
  const [removing, setRemoving] = useState<ApiToken>();
  const remove = useAction("apiTokens.delete", { quiet: true, onDone: () => setRemoving(undefined) });
  const columns: Column<ApiToken>[] = [
    { key: "name", title: t("tokens.name"), text: (token) => token.name },
    { key: "role", title: t("users.role"), text: (token) => t(`role.${token.role}`), filter: true },
    { key: "by", title: t("common.author"), text: (token) => token.createdBy },
    {
      key: "created",
      title: t("common.created"),
      text: (token) => token.createdAtMs,
      render: (token) => <Time atMs={token.createdAtMs} />,
    },
    {
      key: "used",
      title: t("tokens.lastUsed"),
      text: (token) => token.lastUsedAtMs,
      render: (token) => <Time atMs={token.lastUsedAtMs} />,
    },
  ];
  return (
    <Page
      title={t("nav.tokens")}
      documentTitle={t("nav.tokens")}
      trail={[{ text: t("nav.admin") }, { text: t("nav.tokens") }]}
      summary={<span className="faint">{t("tokens.text")}</span>}
      actions={
        <Button type="primary" onClick={() => setAdding(true)}>
          {t("tokens.add")}
        </Button>
      }
    >
      <QueryView query={tokens}>
        {(data) => (
          <DataTable
            name="api-tokens"
            rows={data.tokens}
            rowKey={(token) => token.tokenId}
            columns={columns}
            empty={<EmptyHint title={t("tokens.none")} text={t("tokens.noneText")} />}
            actions={(token) => (
              <Button size="small" type="text" danger onClick={() => setRemoving(token)}>
                {t("tokens.revoke")}
              </Button>
            )}
          />
        )}
      </QueryView>
      <AddTokenDialog open={adding} onClose={() => setAdding(false)} />
      <ConfirmDialog
        open={removing !== undefined}
        title={t("tokens.revokeTitle", { name: removing?.name ?? "" })}
        text={t("tokens.revokeText")}
        okText={t("tokens.revoke")}
        danger
        pending={remove.isPending}
        error={remove.error}
        onOk={() => removing && remove.mutate({ params: { tokenId: removing.tokenId } })}
        onCancel={() => setRemoving(undefined)}
      />
    </Page>
  );
}

function AddTokenDialog({ open, onClose }: { readonly open: boolean; readonly onClose: () => void }) {
  const t = useText();
  const [form] = Form.useForm<{ name: string; role: Role }>();
  const create = useAction("apiTokens.create", { quiet: true });
  const secret = create.data?.secret;
  return (
    <Modal
      open={open}
      title={t("tokens.add")}
      okText={t(secret ? "common.close" : "tokens.add")}
      onOk={() => (secret ? onClose() : form.submit())}
      onCancel={onClose}
      confirmLoading={create.isPending}
      afterClose={() => {
        form.resetFields();
        create.reset();
      }}
    >
      {secret ? (
        <>
          <Alert type="warning" showIcon className="gap-below" title={t("tokens.once")} />
          <CommandLine text={secret} />
        </>
      ) : (
        <Form
          form={form}
          layout="vertical"
          initialValues={{ role: "viewer" }}
          onFinish={(body) => create.mutate({ body })}
        >
          <Form.Item name="name" label={t("tokens.name")} rules={nameRules(t)} extra={t("form.nameHint")}>
            <Input autoComplete="off" />
          </Form.Item>
          <Form.Item name="role" label={t("users.role")}>
            <Select options={ROLES.map((role) => ({ value: role, label: t(`role.${role}`) }))} />
          </Form.Item>
          {create.error && <ErrorText error={create.error} />}
        </Form>
      )}
    </Modal>
  );
}
