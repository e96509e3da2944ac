import { useQueryClient } from "@tanstack/react-query";
import { Alert, Button, Form, Input } from "antd";
import { useState } from "react";
import { Link, useLocation, useNavigate } from "react-router";
import { rememberSession } from "../api/session.js";
import { useAction } from "../api/use-action.js";
import { useApi } from "../api/use-api.js";
import { useText } from "../i18n/use-text.js";
import { JoinGuide } from "../machines/join-guide.js";
import { ErrorPanel } from "../ui/error-panel.js";
import { nameRules, passwordRules } from "../ui/name-rules.js";
import { EntryCard } from "./entry-card.js";

/** First run: `/setup#<one-time token>` → the first account → the first machine. */
export function SetupPage() {
  const [created, setCreated] = useState(false);
  return created ? <FirstMachine /> : <FirstAccount onCreated={() => setCreated(true)} />;
}

function FirstAccount({ onCreated }: { readonly onCreated: () => void }) {
  const t = useText();
  const setupToken = useLocation().hash.slice(1);
  const setup = useApi("setup.get");
  const queryClient = useQueryClient();
  const create = useAction("setup.create", {
    quiet: true,
    onDone: (session) => {
      rememberSession(queryClient, session);
      onCreated();
    },
  });
  if (setup.data && !setup.data.needed && !create.isPending)
    return (
      <EntryCard title={t("setup.done")} text={t("setup.doneText")}>
        <Link to="/login">{t("login.submit")}</Link>
      </EntryCard>
    );
  return (
    <EntryCard title={t("setup.title")} text={t("setup.text")}>
      {setupToken === "" && (
        <Alert
          type="warning"
          showIcon
          className="gap-below"
          title={t("setup.noToken")}
          description={t("login.setupHow")}
        />
      )}
      <Form
        layout="vertical"
        requiredMark={false}
        onFinish={(values: { name: string; password: string }) => create.mutate({ body: { ...values, setupToken } })}
      >
        <Form.Item name="name" label={t("login.name")} rules={nameRules(t)} extra={t("form.nameHint")}>
          <Input autoFocus autoComplete="username" size="large" />
        </Form.Item>
        <Form.Item name="password" label={t("login.password")} rules={passwordRules(t)} extra={t("form.passwordHint")}>
          <Input.Password autoComplete="new-password" size="large" />
        </Form.Item>
        {create.error && <ErrorPanel error={create.error} kind="action" />}
        <Button
          type="primary"
          htmlType="submit"
          size="large"
          block
          loading={create.isPending}
          disabled={setupToken === ""}
        >
          {t("setup.submit")}
        </Button>
      </Form>
    </EntryCard>
  );
}

function FirstMachine() {
  const t = useText();
  const navigate = useNavigate();
  const [arrived, setArrived] = useState(false);
  return (
    <EntryCard title={t("setup.machineTitle")} text={t("setup.machineText")}>
      <JoinGuide onArrived={() => setArrived(true)} />
      <div className="entry-actions">
        <Button type={arrived ? "primary" : "link"} onClick={() => void navigate(arrived ? "/machines" : "/")}>
          {t(arrived ? "setup.continue" : "setup.later")}
        </Button>
      </div>
    </EntryCard>
  );
}
