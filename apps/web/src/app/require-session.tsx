import { isAppError } from "@msec/core";
import type { QueryClient } from "@tanstack/react-query";
import { type ReactNode, useEffect } from "react";
import { Navigate, useLocation } from "react-router";
import { SessionContext } from "../api/session.js";
import { useApi } from "../api/use-api.js";
import { ErrorPanel } from "../ui/error-panel.js";

interface RequireSessionProps {
  readonly queryClient: QueryClient;
  readonly children: ReactNode;
}

const isSignedOut = (error: unknown) => isAppError(error) && error.code === "UNAUTHENTICATED";

/** Shows its content to people who are signed in, else the way in; comes back to the same address afterwards. */
export function RequireSession({ queryClient, children }: RequireSessionProps) {
  const session = useApi("sessions.current", undefined, { refreshMs: 60_000 });
  const location = useLocation();
  const { refetch } = session;
  useEffect(
    () =>
      queryClient.getQueryCache().subscribe((event) => {
        const failed = event.type === "updated" && event.action.type === "error" && isSignedOut(event.action.error);
        if (failed && event.query.queryKey[0] !== "sessions.current") void refetch();
      }),
    [queryClient, refetch],
  );
  if (isSignedOut(session.error))
    return <Navigate to={`/login?next=${encodeURIComponent(location.pathname + location.search)}`} replace />;
  if (session.data) return <SessionContext value={session.data}>{children}</SessionContext>;
  if (session.error)
    return (
      <div className="page">
        <ErrorPanel error={session.error} onRetry={() => void refetch()} />
      </div>
    );
  return null;
}
