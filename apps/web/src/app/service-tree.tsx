import { DownOutlined, PlusOutlined, SearchOutlined, StarFilled, StarOutlined } from "@ant-design/icons";
import type { ServiceSummary } from "@msec/api-schema";
import { Button, Input } from "antd";
import { type ReactNode, useMemo, useState } from "react";
import { NavLink } from "react-router";
import { useMay } from "../api/session.js";
import { useApi } from "../api/use-api.js";
import { useText } from "../i18n/use-text.js";
import { AddServiceDialog } from "../services/add-service-dialog.js";
import { HealthIcon } from "../ui/health.js";
import { usePreferences } from "./preferences.js";
import { buildTree, fullName, type TreeGroup } from "./tree-groups.js";

/** The two levels of services with a health mark per leaf. */
export function ServiceTree() {
  const t = useText();
  const { favourites } = usePreferences();
  const [search, setSearch] = useState("");
  const [adding, setAdding] = useState(false);
  const mayAdd = useMay("service:write");
  const services = useApi("services.list", undefined, { refreshMs: 5000 });
  const tree = useMemo(
    () => services.data && buildTree(services.data, favourites, search),
    [services.data, favourites, search],
  );
  return (
    <div className="service-tree">
      <div className="tree-search">
        <Input
          size="small"
          allowClear
          prefix={<SearchOutlined />}
          placeholder={t("tree.search")}
          aria-label={t("tree.search")}
          value={search}
          onChange={(event) => setSearch(event.target.value)}
        />
        {mayAdd && (
          <Button
            size="small"
            icon={<PlusOutlined />}
            aria-label={t("services.add")}
            title={t("services.add")}
            onClick={() => setAdding(true)}
          />
        )}
      </div>
      {tree && (
        <>
          {tree.favourites.length > 0 && (
            <Branch title={t("tree.favourites")}>
              {tree.favourites.map((service) => (
                <Leaf key={fullName(service)} service={service} full />
              ))}
            </Branch>
          )}
          {tree.standard.map((group) => (
            <GroupBranch key={group.name} group={group} />
          ))}
          {tree.external.length > 0 && <div className="tree-kind">{t("tree.external")}</div>}
          {tree.external.map((group) => (
            <GroupBranch key={group.name} group={group} />
          ))}
          {services.data?.services.length === 0 && <p className="faint tree-empty">{t("tree.empty")}</p>}
        </>
      )}
      <AddServiceDialog open={adding} onClose={() => setAdding(false)} />
    </div>
  );
}

function GroupBranch({ group }: { readonly group: TreeGroup }) {
  return (
    <Branch title={group.name}>
      {group.services.map((service) => (
        <Leaf key={service.second} service={service} />
      ))}
    </Branch>
  );
}

function Branch({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  const [open, setOpen] = useState(true);
  return (
    <div className="tree-branch">
      <button type="button" className="tree-group" aria-expanded={open} onClick={() => setOpen(!open)}>
        <DownOutlined className={open ? "" : "turned"} />
        {title}
      </button>
      {open && <ul>{children}</ul>}
    </div>
  );
}

function Leaf({ service, full = false }: { readonly service: ServiceSummary; readonly full?: boolean }) {
  const t = useText();
  const { favourites, change } = usePreferences();
  const name = fullName(service);
  const favourite = favourites.includes(name);
  const toggle = () =>
    change({ favourites: favourite ? favourites.filter((each) => each !== name) : [...favourites, name] });
  return (
    <li className="tree-leaf">
      <NavLink to={`/services/${service.first}/${service.second}`} className="navigation-link" title={name}>
        <HealthIcon health={service.health} text={service.healthText} />
        <span className="ellipsis">{full ? name : service.second}</span>
      </NavLink>
      <button
        type="button"
        className={favourite ? "icon-button star chosen" : "icon-button star"}
        aria-pressed={favourite}
        aria-label={t(favourite ? "tree.unfavourite" : "tree.favourite", { name })}
        onClick={toggle}
      >
        {favourite ? <StarFilled /> : <StarOutlined />}
      </button>
    </li>
  );
}
