import { SearchOutlined } from "@ant-design/icons";
import { Checkbox, Input, Select, Space } from "antd";
import { useSearchParams } from "react-router";
import { useApi } from "../api/use-api.js";
import { useText } from "../i18n/use-text.js";
import { LEVELS, writeFilter } from "./log-filter.js";

/** Level, machine, request id, text; Enter searches. */
export function FilterBar() {
  const t = useText();
  const [search, setSearch] = useSearchParams();
  const machines = useApi("machines.list").data?.machines ?? [];
  const set = (key: string) => (value: string | null | undefined) =>
    setSearch((old) => writeFilter(old, key, value ?? ""));
  const value = (key: string) => search.get(key) ?? "";
  return (
    <div className="toolbar filter-bar">
      <Input
        key={`text ${value("text")}`}
        size="small"
        allowClear
        className="filter-text"
        prefix={<SearchOutlined />}
        placeholder={t("logs.text")}
        aria-label={t("logs.text")}
        defaultValue={value("text")}
        onPressEnter={(event) => set("text")(event.currentTarget.value)}
        onBlur={(event) => event.currentTarget.value.trim() !== value("text") && set("text")(event.currentTarget.value)}
        onClear={() => set("text")("")}
      />
      <Select
        size="small"
        allowClear
        className="filter-level"
        placeholder={t("logs.level")}
        aria-label={t("logs.level")}
        value={value("level") || null}
        options={LEVELS.map((level) => ({ value: level, label: level }))}
        onChange={set("level")}
      />
      <Select
        size="small"
        allowClear
        showSearch
        className="filter-machine"
        placeholder={t("common.machine")}
        aria-label={t("common.machine")}
        value={value("machine") || null}
        options={machines.map((machine) => ({ value: machine.address, label: `${machine.address} · ${machine.name}` }))}
        onChange={set("machine")}
      />
      <Space.Compact size="small">
        <Input
          key={`request ${value("request")}`}
          size="small"
          allowClear
          className="filter-request mono"
          placeholder={t("logs.requestId")}
          aria-label={t("logs.requestId")}
          defaultValue={value("request")}
          onPressEnter={(event) => set("request")(event.currentTarget.value.replace(/\D/g, ""))}
          onClear={() => set("request")("")}
        />
      </Space.Compact>
      <Checkbox checked={value("hops") === "1"} onChange={(event) => set("hops")(event.target.checked ? "1" : "")}>
        {t("logs.hops")}
      </Checkbox>
    </div>
  );
}
