import { Button, Result } from "antd";
import { useRouteError } from "react-router";
import { useText } from "../i18n/use-text.js";
import { errorFacts } from "../ui/error-facts.js";

/** A page could not be loaded (the console was replaced meanwhile) or failed to draw. */
export function PageFailed() {
  const t = useText();
  return (
    <Result
      status="warning"
      title={t("page.failed")}
      subTitle={errorFacts(useRouteError()).message}
      extra={
        <Button type="primary" onClick={() => window.location.reload()}>
          {t("page.reload")}
        </Button>
      }
    />
  );
}
