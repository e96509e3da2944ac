import {
  ApiOutlined,
  AuditOutlined,
  ClusterOutlined,
  DashboardOutlined,
  FileSearchOutlined,
  KeyOutlined,
  LeftOutlined,
  LineChartOutlined,
  RightOutlined,
  RocketOutlined,
  TeamOutlined,
} from "@ant-design/icons";
import type { Permission } from "@msec/api-schema";
import { Button } from "antd";
import type { ReactNode } from "react";
import { NavLink } from "react-router";
import { useSession } from "../api/session.js";
import { type MessageKey, useText } from "../i18n/use-text.js";
import { usePreferences } from "./preferences.js";
import { ServiceTree } from "./service-tree.js";

interface Entry {
  readonly to: string;
  readonly text: MessageKey;
  readonly icon: ReactNode;
  readonly permission: Permission;
}

const SERVICES: Entry = { to: "/services", text: "nav.services", icon: <ApiOutlined />, permission: "service:read" };
const OVERVIEW: Entry = { to: "/", text: "nav.overview", icon: <DashboardOutlined />, permission: "service:read" };
const OPERATIONS: readonly Entry[] = [
  { to: "/releases", text: "nav.releases", icon: <RocketOutlined />, permission: "service:read" },
  { to: "/machines", text: "nav.machines", icon: <ClusterOutlined />, permission: "machine:read" },
  { to: "/metrics", text: "nav.metrics", icon: <LineChartOutlined />, permission: "metric:read" },
  { to: "/logs", text: "nav.logs", icon: <FileSearchOutlined />, permission: "log:read" },
];
const ADMIN: readonly Entry[] = [
  { to: "/admin/users", text: "nav.users", icon: <TeamOutlined />, permission: "user:admin" },
  { to: "/admin/tokens", text: "nav.tokens", icon: <KeyOutlined />, permission: "user:admin" },
  { to: "/admin/audit", text: "nav.audit", icon: <AuditOutlined />, permission: "audit:read" },
];

/** Every page of the navigation; the command palette offers the same. */
export const NAVIGATION: readonly Entry[] = [OVERVIEW, SERVICES, ...OPERATIONS, ...ADMIN];

interface NavigationProps {
  readonly collapsed: boolean;
  readonly collapsible: boolean;
}

/** Sections, with the tree of services under theirs. */
export function Navigation({ collapsed, collapsible }: NavigationProps) {
  const t = useText();
  const { change } = usePreferences();
  const { permissions } = useSession();
  const admin = ADMIN.filter((entry) => permissions.includes(entry.permission));
  const text = t(collapsed ? "frame.expand" : "frame.collapse");
  return (
    <div className="navigation">
      <div className="navigation-scroll">
        <Entries entries={[OVERVIEW, ...OPERATIONS]} collapsed={collapsed} />
        {admin.length > 0 && (
          <>
            <div className="navigation-title">{collapsed ? "" : t("nav.admin")}</div>
            <Entries entries={admin} collapsed={collapsed} />
          </>
        )}
        <div className="navigation-title" />
        <Entries entries={[SERVICES]} collapsed={collapsed} />
        {!collapsed && <ServiceTree />}
      </div>
      {collapsible && (
        <Button
          type="text"
          size="small"
          className="collapse-button"
          icon={collapsed ? <RightOutlined /> : <LeftOutlined />}
          aria-label={text}
          title={text}
          onClick={() => change({ collapsed: !collapsed })}
        />
      )}
    </div>
  );
}

function Entries({ entries, collapsed }: { readonly entries: readonly Entry[]; readonly collapsed: boolean }) {
  const t = useText();
  return (
    <ul className="navigation-list">
      {entries.map((entry) => (
        <li key={entry.to}>
          <NavLink to={entry.to} end className="navigation-link" title={collapsed ? t(entry.text) : undefined}>
            {entry.icon}
            {collapsed ? <span className="visually-hidden">{t(entry.text)}</span> : <span>{t(entry.text)}</span>}
          </NavLink>
        </li>
      ))}
    </ul>
  );
}
