import { useQueryClient } from "@tanstack/react-query";
import { Alert, Button, Form, Input } from "antd";
import { useNavigate, useSearchParams } from "react-router";
import { rememberSession } from "../api/session.js";
import { useAction } from "../api/use-action.js";
import { useApi } from "../api/use-api.js";
import { useText } from "../i18n/use-text.js";
import { ErrorPanel } from "../ui/error-panel.js";
import { EntryCard } from "./entry-card.js";

/** Only addresses inside the console are followed after signing in. */
function safeNext(next: string | null): string {
  return next?.startsWith("/") && !next.startsWith("//") ? next : "/";
}

export function LoginPage() {
  const t = useText();
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const [search] = useSearchParams();
  const setup = useApi("setup.get");
  const signIn = useAction("sessions.create", {
    quiet: true,
    onDone: (session) => {
      rememberSession(queryClient, session);
      void navigate(safeNext(search.get("next")), { replace: true });
    },
  });
  return (
    <EntryCard title={t("login.title")} text={t("login.text")}>
      {setup.data?.needed && (
        <Alert
          type="info"
          showIcon
          className="gap-below"
          title={t("login.setupNeeded")}
          description={t("login.setupHow")}
        />
      )}
      <Form
        layout="vertical"
        requiredMark={false}
        onFinish={(body: { name: string; password: string }) => signIn.mutate({ body })}
      >
        <Form.Item name="name" label={t("login.name")} rules={[{ required: true, message: t("form.required") }]}>
          <Input autoFocus autoComplete="username" size="large" />
        </Form.Item>
        <Form.Item
          name="password"
          label={t("login.password")}
          rules={[{ required: true, message: t("form.required") }]}
        >
          <Input.Password autoComplete="current-password" size="large" />
        </Form.Item>
        {signIn.error && <ErrorPanel error={signIn.error} kind="action" />}
        <Button type="primary" htmlType="submit" size="large" block loading={signIn.isPending}>
          {t("login.submit")}
        </Button>
      </Form>
    </EntryCard>
  );
}
