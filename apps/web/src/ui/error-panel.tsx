import { Alert, Button, Space, Tag } from "antd";
import { useText } from "../i18n/use-text.js";
import { Copyable } from "./copyable.js";
import { errorFacts } from "./error-facts.js";

/** Message, reason and request id of an error. */
export function ErrorText({ error }: { readonly error: unknown }) {
  const t = useText();
  const { message, reason, requestId } = errorFacts(error);
  return (
    <div className="error-text">
      <div className="prewrap">{message}</div>
      <Space size={8} wrap className="faint">
        {reason !== "" && <Tag className="mono">{reason}</Tag>}
        {requestId !== "" && (
          <span>
            {t("error.requestId")} <Copyable value={requestId} />
          </span>
        )}
      </Space>
    </div>
  );
}

const TITLES = { failed: "error.failed", stale: "error.stale", action: "error.actionFailed" } as const;

interface ErrorPanelProps {
  readonly error: unknown;
  readonly onRetry?: () => void;
  /** `stale` = older content is still on screen below; `action` = something the person did was refused. */
  readonly kind?: keyof typeof TITLES;
}

/** What failed, why, and how to try again. */
export function ErrorPanel({ error, onRetry, kind = "failed" }: ErrorPanelProps) {
  const t = useText();
  return (
    <Alert
      type={kind === "stale" ? "warning" : "error"}
      showIcon
      className="gap-below"
      title={t(TITLES[kind])}
      description={<ErrorText error={error} />}
      action={
        onRetry && (
          <Button size="small" onClick={onRetry}>
            {t("common.retry")}
          </Button>
        )
      }
    />
  );
}
