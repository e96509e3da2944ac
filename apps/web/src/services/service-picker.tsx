import { Select } from "antd";
import { useApi } from "../api/use-api.js";
import { fullName } from "../app/tree-groups.js";
import { useText } from "../i18n/use-text.js";

interface ServicePickerProps {
  readonly value: string;
  readonly onChange: (service: string) => void;
  /** Offer "all services". */
  readonly all?: boolean;
}

export function ServicePicker({ value, onChange, all = false }: ServicePickerProps) {
  const t = useText();
  const services = useApi("services.list").data?.services ?? [];
  const options = services
    .filter((service) => service.kind === "standard")
    .map((service) => ({ value: fullName(service), label: fullName(service) }));
  return (
    <Select
      showSearch
      className="service-picker"
      aria-label={t("common.service")}
      placeholder={t("common.service")}
      value={value === "" && !all ? null : value}
      options={all ? [{ value: "", label: t("logs.allServices") }, ...options] : options}
      onChange={(next: string | null) => onChange(next ?? "")}
    />
  );
}
