import type { Permission, Session } from "@msec/api-schema";
import type { QueryClient } from "@tanstack/react-query";
import { createContext, useContext } from "react";

export const SessionContext = createContext<Session | undefined>(undefined);

/** Who is signed in. Only below the frame. */
export function useSession(): Session {
  const session = useContext(SessionContext);
  if (!session) throw new Error("useSession needs a page inside the frame");
  return session;
}

/** Whether the signed-in person may do this. The console checks again; this only saves a click. */
export function useMay(permission: Permission): boolean {
  return useSession().permissions.includes(permission);
}

/** Keeps the session that signing in answered, so that the next page opens without asking again. */
export function rememberSession(queryClient: QueryClient, session: Session): void {
  queryClient.setQueryData(["sessions.current", undefined], session);
}
