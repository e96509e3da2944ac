import { App } from "antd";
import { useCallback } from "react";
import { useText } from "../i18n/use-text.js";
import { ErrorText } from "./error-panel.js";

/** Shows a failed action in the corner until it is closed. */
export function useShowError(): (error: unknown) => void {
  const { notification } = App.useApp();
  const t = useText();
  return useCallback(
    (error) =>
      notification.error({ title: t("error.actionFailed"), description: <ErrorText error={error} />, duration: 0 }),
    [notification, t],
  );
}
