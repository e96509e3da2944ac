import { Link } from "react-router";
import { useApi } from "../api/use-api.js";
import { useText } from "../i18n/use-text.js";
import { useServiceName } from "../services/use-service.js";
import { MayButton } from "../ui/may-button.js";
import { QueryView } from "../ui/query-view.js";
import { ReleaseTable } from "./release-table.js";

/** Releases of one service. */
export function ServiceReleasesTab() {
  const t = useText();
  const { first, second, service } = useServiceName();
  const releases = useApi("releases.list", { query: { service, limit: 200 } }, { refreshMs: 3000 });
  const action = (
    <Link to={`/services/${first}/${second}/releases/new`}>
      <MayButton permission="release:write" size="small" type="primary">
        {t("releases.new")}
      </MayButton>
    </Link>
  );
  return (
    <QueryView query={releases}>
      {(data) => <ReleaseTable releases={data.releases} showService={false} toolbar={action} action={action} />}
    </QueryView>
  );
}
