import { useMemo } from "react";
import { useApi } from "../api/use-api.js";
import type { Mark } from "../chart/chart-options.js";

/** When releases of a service began, for the time axis. */
export function useReleaseMarks(service: string): readonly Mark[] {
  const releases = useApi("releases.list", { query: { service, limit: 50 } }, { refreshMs: 10_000 }).data?.releases;
  return useMemo(
    () =>
      (releases ?? []).flatMap((release) =>
        release.service === service && release.startedAtMs !== null
          ? [{ atMs: release.startedAtMs, text: release.releaseId }]
          : [],
      ),
    [releases, service],
  );
}
