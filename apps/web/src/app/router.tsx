import type { QueryClient } from "@tanstack/react-query";
import type { ComponentType } from "react";
import { createBrowserRouter, type RouteObject } from "react-router";
import { Frame } from "./frame.js";
import { PageFailed } from "./page-failed.js";
import { RequireSession } from "./require-session.js";

type Module<K extends string> = Promise<Record<K, ComponentType>>;

/** A page in its own chunk; the old page stays until it is there. */
function page<K extends string>(path: string, load: () => Module<K>, name: K): RouteObject {
  return { path, lazy: async () => ({ Component: (await load())[name] }), errorElement: <PageFailed /> };
}

const service = () => import("../services/service-page.js");

const framed: RouteObject[] = [
  page("/", () => import("../overview/overview-page.js"), "OverviewPage"),
  page("services", () => import("../services/services-page.js"), "ServicesPage"),
  page("services/:first/:second/releases/new", () => import("../releases/release-create-page.js"), "ReleaseCreatePage"),
  page("services/:first/:second/:tab?", service, "ServicePage"),
  page("releases", () => import("../releases/releases-page.js"), "ReleasesPage"),
  page("releases/:releaseId", () => import("../releases/release-page.js"), "ReleasePage"),
  page("machines", () => import("../machines/machines-page.js"), "MachinesPage"),
  page("machines/:machineId", () => import("../machines/machine-page.js"), "MachinePage"),
  page("metrics", () => import("../metrics/metrics-page.js"), "MetricsPage"),
  page("logs", () => import("../logs/logs-page.js"), "LogsPage"),
  page("requests/:requestId", () => import("../requests/request-page.js"), "RequestPage"),
  page("admin/users", () => import("../accounts/users-page.js"), "UsersPage"),
  page("admin/tokens", () => import("../accounts/api-tokens-page.js"), "ApiTokensPage"),
  page("admin/audit", () => import("../audit/audit-page.js"), "AuditPage"),
  page("*", () => import("./not-found-page.js"), "NotFoundPage"),
];

export function createRouter(queryClient: QueryClient) {
  return createBrowserRouter([
    { ...page("login", () => import("../accounts/login-page.js"), "LoginPage"), hydrateFallbackElement: <div /> },
    { ...page("setup", () => import("../accounts/setup-page.js"), "SetupPage"), hydrateFallbackElement: <div /> },
    {
      element: (
        <RequireSession queryClient={queryClient}>
          <Frame />
        </RequireSession>
      ),
      errorElement: <PageFailed />,
      hydrateFallbackElement: <div />,
      children: framed,
    },
  ]);
}
